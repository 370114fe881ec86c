package python_test

import (
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/python"
)

// FuzzGenerate generates from foreign bytes: whatever they are, it ends, with
// the same module each time or with an error.
func FuzzGenerate(f *testing.F) {
	for _, lines := range members {
		f.Add(`{"type":"object","properties":{"m":`+lines[0]+`},"$defs":`+foreignDefs+`}`, "a.b", "Doc.")
	}
	f.Add(`{"$defs":{"A":{"$ref":"#/$defs/B"},"B":{"$ref":"#/$defs/A"}},"properties":{"a":{"$ref":"#/$defs/A"}},"type":"object"}`, "a", "")
	f.Add(`{"$ref":"#"}`, "a", "")
	f.Fuzz(func(t *testing.T, text, topic, doc string) {
		d, err := gen.Parse([]byte(text), "fuzz.json")
		if err != nil {
			return
		}
		c := &gen.Contract{
			Topic: topic, Version: "v1", Mode: salt.ModeRPC, Doc: doc, Exchange: salt.DefaultExchange,
			Payload: d, Response: d, Error: d, Origin: "fuzz.json",
		}
		for _, style := range []string{python.Class, python.Decorator} {
			first, err := python.Generate([]*gen.Contract{c}, python.Options{Style: style})
			again, errAgain := python.Generate([]*gen.Contract{c}, python.Options{Style: style})
			switch {
			case err != nil && errAgain != nil && err.Error() == errAgain.Error():
			case err != nil || errAgain != nil:
				t.Errorf("errors %v and %v", err, errAgain)
			case string(first.Source) != string(again.Source):
				t.Error("two modules of one contract")
			}
		}
	})
}
