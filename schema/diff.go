package schema

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
)

// A Difference is one place at which two schemas mean different things.
type Difference struct {
	Path string `json:"path"` // JSON pointer into the schema document
	Have string `json:"have"` // the JSON found on the first side, "absent" if none
	Want string `json:"want"`
}

// String returns one line.
func (d Difference) String() string { return place(d.Path) + ": " + d.Have + " != " + d.Want }

// Diff lists the places at which a and b differ in the sense of [Equal], in a
// stable order; it is empty exactly if they are Equal. Paths are those of a, or
// where in a the thing would stand that only b has; Have and Want are cut to a
// readable length. What several references share is listed once.
func Diff(a, b *Schema) []Difference { return diff(a, b, false) }

// Conflicts is [Diff] without that in which releases of Pydantic disagree about
// one and the same model: since 2.14 the text form of a Decimal has no pattern,
// so one side that has none contradicts nothing. Unlike Equal it is therefore no
// equivalence: both Decimal(max_digits=5) and Decimal(max_digits=7) go with what
// Pydantic 2.14 writes for either, and not with each other.
func Conflicts(a, b *Schema) []Difference { return diff(a, b, true) }

func diff(a, b *Schema, forgiving bool) []Difference {
	if Equal(a, b) {
		return nil
	}
	ca, errA := a.load()
	cb, errB := b.load()
	if errA != nil || errB != nil {
		return []Difference{{Have: shorten(a.String()), Want: shorten(b.String())}}
	}
	w := differ{a: newMeaning(ca.doc), b: newMeaning(cb.doc), seen: make(map[[2]int]bool), forgiving: forgiving}
	levels := max(w.a.levels(), w.b.levels())
	w.knownA, w.knownB = w.a.look(levels), w.b.look(levels)
	w.likeA, w.likeB = w.a.likeness(levels), w.b.likeness(levels)
	w.facts(0, 0)
	if len(w.list) == 0 && !w.forgave { // cannot be, but an empty list must mean equal
		w.list = []Difference{{Have: shorten(a.String()), Want: shorten(b.String())}}
	}
	slices.SortFunc(w.list, func(x, y Difference) int {
		return cmp.Or(cmp.Compare(x.Path, y.Path), cmp.Compare(x.Have, y.Have), cmp.Compare(x.Want, y.Want))
	})
	return slices.Compact(w.list)
}

type differ struct {
	a, b           *meaning
	knownA, knownB []digest
	likeA, likeB   []digest // the same without the patterns of Decimals
	seen           map[[2]int]bool
	list           []Difference

	forgiving, forgave bool
}

const absent = "absent"

func (w *differ) facts(i, j int) {
	if w.seen[[2]int{i, j}] || w.knownA[i] == w.knownB[j] {
		return
	}
	w.seen[[2]int{i, j}] = true
	fa, fb := w.a.facts[i], w.b.facts[j]
	names := make(map[string]bool)
	for _, m := range []map[string]string{fa.local, fb.local} {
		for name := range m {
			names[name] = true
		}
	}
	for _, name := range sortedKeys(names) {
		if fa.local[name] != fb.local[name] {
			if name == "pattern" && w.forgives(fa, fb) {
				continue
			}
			at := fa.pointer
			if name == "default" {
				at = fa.outer
			}
			w.add(at+"/"+name, w.a.value(fa, name), w.b.value(fb, name))
		}
	}
	w.edges(fa, fb)
}

// forgives reports whether one side has a Decimal's pattern and the other none.
func (w *differ) forgives(fa, fb *fact) bool {
	have, want := w.a.value(fa, "pattern"), w.b.value(fb, "pattern")
	if !w.forgiving || have != absent && want != absent {
		return false
	}
	if !isDecimalPattern(have) && !isDecimalPattern(want) {
		return false
	}
	w.forgave = true
	return true
}

func (w *differ) add(path, have, want string) {
	w.list = append(w.list, Difference{Path: path, Have: shorten(have), Want: shorten(want)})
}

// edges compares the parts of two facts name by name.
func (w *differ) edges(fa, fb *fact) {
	names := make(map[string]bool)
	for _, f := range []*fact{fa, fb} {
		for _, e := range f.edges {
			names[e.name] = true
		}
	}
	for _, name := range sortedKeys(names) {
		named := func(e edge) bool { return e.name != name }
		left := slices.DeleteFunc(slices.Clone(fa.edges), named)
		right := slices.DeleteFunc(slices.Clone(fb.edges), named)
		w.pairs(fa, name, left, right)
	}
}

// pairs takes parts that belong together away from both sides: first equal
// ones, then those that a reader of the schemas would take for one and the same,
// and looks into these. If one remains on each side, that is where to look, too;
// otherwise something was added, removed or both.
func (w *differ) pairs(fa *fact, name string, left, right []edge) {
	match := func(same func(a, b int) bool, look bool) {
		for i := 0; i < len(left); i++ {
			at := slices.IndexFunc(right, func(e edge) bool { return same(left[i].to, e.to) })
			if at < 0 {
				continue
			}
			if look {
				w.facts(left[i].to, right[at].to)
			}
			right = slices.Delete(right, at, at+1)
			left = slices.Delete(left, i, i+1)
			i--
		}
	}
	match(func(a, b int) bool { return w.knownA[a] == w.knownB[b] }, false)
	if len(left) > 1 || len(right) > 1 {
		match(func(a, b int) bool { return w.likeA[a] == w.likeB[b] }, true)
		for _, of := range []func(*meaning, int) string{(*meaning).tag, (*meaning).title, (*meaning).name} {
			match(func(a, b int) bool { text := of(w.a, a); return text != "" && text == of(w.b, b) }, true)
		}
	}
	if len(left) == 1 && len(right) == 1 {
		w.facts(left[0].to, right[0].to)
		return
	}
	for _, e := range left {
		w.add(fa.pointer+e.path, w.a.text(e.to), absent)
	}
	for k, e := range right {
		path := "/" + name
		if e.group && len(left)+len(right) > 1 {
			path += "/+" + strconv.Itoa(k)
		}
		w.add(fa.pointer+path, absent, w.b.text(e.to))
	}
}

// text is a fact's subschema as JSON.
func (g *meaning) text(i int) string {
	return newConstant(g.doc.schemas[g.facts[i].pointer]).text
}

// value is what a fact says under a keyword, as JSON.
func (g *meaning) value(f *fact, name string) string {
	if _, ok := f.local[name]; !ok {
		return absent
	}
	for at := f.outer; ; {
		object, _ := g.doc.schemas[at].(map[string]any)
		if v, ok := lookup(object, name); ok {
			return newConstant(v).text
		}
		if v, ok := object["const"]; ok && name == "enum" {
			return newConstant([]any{v}).text
		}
		to, sole := g.sole(at, object)
		if !sole {
			return f.local[name]
		}
		at = to
	}
}

// lookup follows a relative pointer through objects.
func lookup(object map[string]any, path string) (any, bool) {
	var value any = object
	for token := range strings.SplitSeq(path, "/") {
		object, ok := value.(map[string]any)
		if !ok {
			return nil, false
		}
		if value, ok = object[unescapeToken(token)]; !ok {
			return nil, false
		}
	}
	return value, true
}
