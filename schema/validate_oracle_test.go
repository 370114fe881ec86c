package schema

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// oracle compiles a schema with the library that passes the draft's whole test
// suite, given our formats and patterns.
func oracle(text []byte) (*jsonschema.Schema, error) {
	doc, err := jsonschema.UnmarshalJSON(bytes.NewReader(text))
	if err != nil {
		return nil, err
	}
	c := jsonschema.NewCompiler()
	c.UseLoader(noLoader{})
	c.AssertFormat()
	for name, f := range formats {
		c.RegisterFormat(&jsonschema.Format{Name: name, Validate: func(v any) error {
			if s, ok := v.(string); ok && !f.valid([]byte(s)) {
				return errors.New("wrong format")
			}
			return nil
		}})
	}
	c.UseRegexpEngine(func(s string) (jsonschema.Regexp, error) {
		p, err := compilePattern(s)
		return oraclePattern{p}, err
	})
	if err := c.AddResource("salt:test", doc); err != nil {
		return nil, err
	}
	return c.Compile("salt:test")
}

type oraclePattern struct{ p *pattern }

func (o oraclePattern) String() string            { return o.p.text }
func (o oraclePattern) MatchString(s string) bool { return o.p.match([]byte(s)) }

// precision reports whether our own rule about numbers is involved, which
// the oracle does not have.
func precision(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && slices.ContainsFunc(e.Fields, func(f FieldError) bool { return f.Rule == "precision" })
}

// compareWithOracle fails if the two disagree about a document.
func compareWithOracle(tb testing.TB, s *Schema, o *jsonschema.Schema, doc []byte) {
	tb.Helper()
	v, err := jsonschema.UnmarshalJSON(bytes.NewReader(doc))
	if err != nil {
		tb.Fatalf("%s: %v", doc, err)
	}
	ours, theirs := s.Validate(doc), o.Validate(v)
	if precision(ours) {
		return
	}
	if (ours == nil) != (theirs == nil) {
		tb.Fatalf("%s\n%s\nwe say:   %v\nthey say: %v", s, doc, ours, theirs)
	}
	if e, ok := errors.AsType[*Error](ours); ok && len(e.Fields) == 0 {
		tb.Fatalf("%s\n%s: an error without fields", s, doc)
	}
}

func TestPydanticModelsAgainstOracle(t *testing.T) {
	t.Parallel()
	models := readModels(t)
	for _, m := range models {
		s := MustParse(string(m.Schema))
		o, err := oracle(m.Schema)
		if err != nil {
			t.Fatalf("%s: %v", m.Name, err)
		}
		for _, other := range models { // every payload against every schema
			for _, v := range other.Valid {
				compareWithOracle(t, s, o, v.Payload)
			}
			for _, v := range other.Invalid {
				compareWithOracle(t, s, o, v.Payload)
			}
		}
	}
}

func TestRandomSchemasAgainstOracle(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(3, 4))
	accepted, refused := 0, 0
	for range 300 {
		text, err := json.Marshal(randomRoot(r))
		if err != nil {
			t.Fatal(err)
		}
		s, err := Parse(text)
		if errors.Is(err, errCycle) {
			continue
		}
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		o, err := oracle(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		for range 40 {
			doc, err := json.Marshal(randomValue(r, 3))
			if err != nil {
				t.Fatal(err)
			}
			compareWithOracle(t, s, o, doc)
			if s.Validate(doc) == nil {
				accepted++
			} else {
				refused++
			}
		}
	}
	t.Logf("%d accepted, %d refused", accepted, refused)
	if accepted < 2_000 || refused < 2_000 {
		t.Errorf("%d accepted and %d refused: the schemas test little", accepted, refused)
	}
}

var names = []string{"a", "b", "c", "a/b", "~"}

func randomValue(r *rand.Rand, depth int) any {
	switch n := r.IntN(12); {
	case n < 4 && depth > 0:
		object := make(map[string]any)
		for range r.IntN(4) {
			object[names[r.IntN(len(names))]] = randomValue(r, depth-1)
		}
		return object
	case n < 6 && depth > 0:
		list := make([]any, 0, 3)
		for range r.IntN(4) {
			list = append(list, randomValue(r, depth-1))
		}
		return list
	case n < 8:
		return []any{"", "a", "ab", "abc", "é", "2024-01-02", "aé\n"}[r.IntN(7)]
	case n < 10:
		return []any{0, 1, -1, 1.5, 2, 1e3, json.Number("1.0"), json.Number("-0"), json.Number("10e-1"), json.Number("0.3")}[r.IntN(10)]
	case n == 10:
		return r.IntN(2) == 0
	}
	return nil
}

func randomRoot(r *rand.Rand) any {
	root, ok := randomSchema(r, 3).(map[string]any)
	if !ok {
		return true
	}
	defs := make(map[string]any)
	for i := range 3 {
		defs[fmt.Sprint("D", i)] = randomSchema(r, 2)
	}
	root["$defs"] = defs
	return root
}

func randomSchema(r *rand.Rand, depth int) any {
	if depth == 0 || r.IntN(12) == 0 {
		return []any{true, false, map[string]any{}, map[string]any{"type": kindNames[r.IntN(7)]}}[r.IntN(4)]
	}
	sub := func() any { return randomSchema(r, depth-1) }
	list := func() []any {
		var l []any
		for range 1 + r.IntN(3) {
			l = append(l, sub())
		}
		return l
	}
	keyed := func(keys ...string) map[string]any {
		m := make(map[string]any)
		for range r.IntN(3) {
			m[keys[r.IntN(len(keys))]] = sub()
		}
		return m
	}
	some := func() []string {
		l := slices.Clone(names)
		r.Shuffle(len(l), func(i, j int) { l[i], l[j] = l[j], l[i] })
		return l[:r.IntN(3)]
	}
	bound := func() any { return []any{0, 1, -1, 1.5, json.Number("1.0"), 2}[r.IntN(6)] }
	object := make(map[string]any)
	for range 1 + r.IntN(4) {
		switch r.IntN(34) {
		case 0, 1:
			object["type"] = kindNames[r.IntN(7)]
		case 2:
			object["type"] = []string{kindNames[r.IntN(3)], kindNames[3+r.IntN(4)]}
		case 3:
			object["enum"] = []any{randomValue(r, 1), randomValue(r, 2), "a", 1}
		case 4:
			object["const"] = randomValue(r, 1)
		case 5:
			object[[]string{"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"}[r.IntN(4)]] = bound()
		case 6:
			object["multipleOf"] = []any{0.1, 2, 1.5}[r.IntN(3)]
		case 7:
			object[[]string{"minLength", "maxLength"}[r.IntN(2)]] = r.IntN(4)
		case 8:
			object["pattern"] = []string{"^a", "b$", "é", "^$"}[r.IntN(4)]
		case 9:
			object["format"] = []string{"date", "email", "unknown"}[r.IntN(3)]
		case 10:
			object[[]string{"minItems", "maxItems"}[r.IntN(2)]] = r.IntN(4)
		case 11:
			object["uniqueItems"] = r.IntN(3) > 0
		case 12, 13:
			object["items"] = sub()
		case 14:
			object["prefixItems"] = list()
		case 15:
			object["contains"] = sub()
			if r.IntN(2) == 0 {
				object[[]string{"minContains", "maxContains"}[r.IntN(2)]] = r.IntN(3)
			}
		case 16:
			object["unevaluatedItems"] = sub()
		case 17:
			object[[]string{"minProperties", "maxProperties"}[r.IntN(2)]] = r.IntN(4)
		case 18, 19, 20:
			object["properties"] = keyed(names...)
		case 21:
			object["required"] = some()
		case 22:
			object["patternProperties"] = keyed("^a", "b$")
		case 23:
			object["additionalProperties"] = sub()
		case 24:
			object["propertyNames"] = sub()
		case 25:
			object["dependentRequired"] = map[string]any{names[r.IntN(3)]: some()}
		case 26:
			object["dependentSchemas"] = keyed(names...)
		case 27:
			object["unevaluatedProperties"] = sub()
		case 28:
			object["allOf"] = list()
		case 29:
			object["anyOf"] = list()
		case 30:
			object["oneOf"] = list()
		case 31:
			object["not"] = sub()
		case 32:
			object["if"], object["then"], object["else"] = sub(), sub(), sub()
		case 33:
			object["$ref"] = []string{"#", "#/$defs/D0", "#/$defs/D1", "#/$defs/D2"}[r.IntN(4)]
		}
	}
	return object
}

func FuzzValidate(f *testing.F) {
	for _, m := range readModels(f) {
		for _, v := range m.Valid {
			f.Add([]byte(m.Schema), []byte(v.Payload))
		}
		for _, v := range m.Invalid {
			f.Add([]byte(m.Schema), []byte(v.Payload))
		}
	}
	f.Fuzz(func(t *testing.T, text, doc []byte) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		err = s.ValidateLimits(doc, Limits{MaxSteps: 100_000})
		if e, ok := errors.AsType[*Error](err); err != nil && (!ok || len(e.Fields) == 0 || e.Error() == "") {
			t.Errorf("%v is no *Error with fields", err)
		}
		if again := s.ValidateLimits(doc, Limits{MaxSteps: 100_000}); fmt.Sprint(again) != fmt.Sprint(err) {
			t.Errorf("%v, then %v", err, again)
		}
		if err == nil && Check(doc, Limits{}) != nil {
			t.Error("valid, but no strict JSON")
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, m := range readModels(f) {
		f.Add([]byte(m.Schema))
	}
	for _, text := range []string{`true`, `{"$ref":"#/$defs/a~1b%25","$defs":{"a/b%":{}}}`, `{"$anchor":"x","items":{"$ref":"#x"}}`, `{"pattern":"(a{9}){9}"}`, `{"const":1e400}`} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := Parse(text)
		if err != nil {
			if !strings.HasPrefix(err.Error(), "parse schema") {
				t.Errorf("%v does not say what was tried", err)
			}
			return
		}
		if again, err := Parse(s.JSON()); err != nil || !Equal(s, again) {
			t.Errorf("parsed again: %v", err)
		}
	})
}

func FuzzEqual(f *testing.F) {
	models := readModels(f)
	for i, m := range models {
		f.Add([]byte(m.Schema), []byte(m.Schema), uint64(i))
		f.Add([]byte(m.Schema), []byte(models[(i+1)%len(models)].Schema), uint64(i))
	}
	f.Fuzz(func(t *testing.T, left, right []byte, seed uint64) {
		a, err := Parse(left)
		if err != nil {
			return
		}
		if !Equal(a, a) || len(Diff(a, a)) > 0 {
			t.Error("not equal to itself")
		}
		b, err := Parse(right)
		if err != nil {
			return
		}
		equal := Equal(a, b)
		if equal != Equal(b, a) || equal != (a.Hash() == b.Hash()) || equal != (len(Diff(a, b)) == 0) || equal != (len(Diff(b, a)) == 0) {
			t.Errorf("Equal %t and %t, hashes equal %t, %v, %v", equal, Equal(b, a), a.Hash() == b.Hash(), Diff(a, b), Diff(b, a))
		}
		if once, again := fmt.Sprint(Diff(a, b)), fmt.Sprint(Diff(a, b)); once != again {
			t.Error("Diff is not stable")
		}
		if !equal { // equal schemas accept the same documents
			return
		}
		r := rand.New(rand.NewPCG(seed, seed))
		for range 5 {
			doc, err := json.Marshal(randomValue(r, 3))
			if err != nil {
				t.Fatal(err)
			}
			l := Limits{MaxSteps: 100_000}
			ea, eb := a.ValidateLimits(doc, l), b.ValidateLimits(doc, l)
			if (ea == nil) != (eb == nil) && !strings.Contains(fmt.Sprint(ea, eb), "effort") && !precision(ea) && !precision(eb) {
				t.Errorf("equal, but of %s one says %v, the other %v", doc, ea, eb)
			}
		}
	})
}
