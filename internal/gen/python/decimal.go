package python

import (
	"regexp"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// decimalText recognises the patterns that Pydantic writes for a Decimal's text;
// the groups are of max_digits + 1 and decimal_places.
var decimalText = regexp.MustCompile(
	`^\^\(\?!\^\[-\+\.\]\*\$\)\[\+-\]\?0\*(?:` +
		`\\d\*\\\.\?\\d\*\$|` +
		`\\d\*\\\.\?\\d\{0,(?P<places>\d{1,4})\}0\*\$|` +
		`\(\?:\\d\{0,\d{1,4}\}\|\(\?=\[\\d\.\]\{1,(?P<digits>\d{1,4})\}0\*\$\)\\d(?:\*|\{0,\d{1,4}\})\\\.\\d(?:\*|\{0,(?P<both>\d{1,4})\})0\*\$\))$`)

// decimal recognises Pydantic's schema of a Decimal: a number, or text with a
// pattern. What Pydantic says of it depends on its version, so it is told.
func (m *module) decimal(num, text *gen.Node) (t typ, ok bool, err error) {
	groups := decimalText.FindStringSubmatch(text.Text("pattern"))
	bounded := !slices.ContainsFunc(num.Keywords, func(k gen.Keyword) bool { return k.Name != "type" && !slices.Contains(bounds, k.Name) })
	if groups == nil || num.Text("type") != "number" || text.Text("type") != "string" || len(text.Keywords) != 2 || !bounded {
		return typ{}, false, nil
	}
	t = typ{code: atom(m.module("Decimal")), hashable: true, says: says{"type": "number"}}
	if t, err = m.constrain(num, t, bounds...); err != nil {
		return typ{}, false, err
	}
	if digits, err := strconv.Atoi(groups[decimalText.SubexpIndex("digits")]); err == nil {
		t.field = append(t.field, prefixed("max_digits=", atom(strconv.Itoa(digits-1))))
	}
	if places := groups[decimalText.SubexpIndex("places")] + groups[decimalText.SubexpIndex("both")]; places != "" {
		t.field = append(t.field, prefixed("decimal_places=", atom(places)))
	}
	var metadata []code
	if len(t.field) > 0 {
		metadata = []code{call(m.module("Field"), t.field...)}
		t.field = nil
	}
	serializer := call(m.module("PlainSerializer"), atom(m.helper("_decimal_text")), atom("return_type=str"))
	pair := jsontext.Value("[" + string(num.Value) + "," + string(text.Value) + "]")
	told, err := dict([]entry{{"anyOf", pair}})
	if err != nil {
		return typ{}, false, num.Errorf("%w", err)
	}
	t = m.share("_Decimal", m.moduleAnnotated(t, append(metadata, serializer, call(m.module("WithJsonSchema"), told))...))
	t.says = says{"anyOf": tree(pair)}
	return t, true, nil
}
