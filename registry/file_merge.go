package registry

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// contradictions finds what a merge of two branches can leave: one id or one
// number given twice, or two forms of one version.
func contradictions(files map[string]*version) error {
	type claim struct{ name, text string }
	ids, numbers, forms := map[int64]claim{}, map[string]string{}, map[string]string{}
	var lastID int64
	last := map[string]int{}
	for _, v := range files {
		r := v.record
		lastID, last[r.Topic] = max(lastID, r.SchemaID, r.ResponseID, r.ErrorID), max(last[r.Topic], r.Number)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		r := files[name].record
		for _, part := range []struct {
			id   int64
			text fmt.Stringer
		}{{r.SchemaID, r.Schema}, {r.ResponseID, r.Response}, {r.ErrorID, r.Error}} {
			if part.id == 0 {
				continue
			}
			text := part.text.String()
			if have, ok := ids[part.id]; ok && have.text != text {
				return fmt.Errorf("%s and %s give the id %d to two schemas, as a merge of two branches can: in the file that is not released yet, change the id to %d",
					have.name, name, part.id, lastID+1)
			}
			ids[part.id] = claim{name, text}
		}
		number := fmt.Sprint(r.Number, " ", r.Topic)
		if have, ok := numbers[number]; ok {
			return fmt.Errorf("%s and %s both have the number %d, as a merge of two branches can leave it: in the file that is not released yet, change the number to %d",
				have, name, r.Number, last[r.Topic]+1)
		}
		numbers[number] = name
		form := fmt.Sprint(versionKey(r.Version), " ", r.Topic)
		if have, ok := forms[form]; ok {
			return fmt.Errorf("%s and %s are one version in version order: remove one", have, name)
		}
		forms[form] = name
	}
	return nil
}

// versionKey is equal for versions that compare equal.
func versionKey(v string) string {
	parts := strings.Split(strings.TrimLeft(v, "vV"), ".")
	for i := range parts {
		parts[i] = cmp.Or(strings.TrimLeft(parts[i], "0"), "0")
	}
	for len(parts) > 1 && parts[len(parts)-1] == "0" {
		parts = parts[:len(parts)-1]
	}
	return strings.Join(parts, ".")
}
