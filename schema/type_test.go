package schema_test

import (
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/celerysalt/salt/schema"
)

// TestDecodeIsValidateAndUnmarshal holds the shortcut against its parts.
func TestDecodeIsValidateAndUnmarshal(t *testing.T) {
	t.Parallel()
	for _, model := range readPydantic(t) {
		typ, err := schema.Of(twins[model.Name]())
		if err != nil {
			t.Fatal(err)
		}
		payloads := make([]json.RawMessage, 0)
		for _, p := range model.Valid {
			payloads = append(payloads, p.Payload)
		}
		for _, p := range model.Invalid {
			payloads = append(payloads, p.Payload)
		}
		for _, payload := range payloads {
			one, two := reflect.New(twins[model.Name]()), reflect.New(twins[model.Name]())
			errOne := typ.Decode(payload, one.Interface())
			errTwo := typ.Schema().Validate(payload)
			if errTwo == nil {
				errTwo = typ.Unmarshal(payload, two.Interface())
			}
			if fmt.Sprint(errOne) != fmt.Sprint(errTwo) {
				t.Errorf("%s: %s: %v, %v", model.Name, payload, errOne, errTwo)
			} else if errOne == nil && !reflect.DeepEqual(one.Interface(), two.Interface()) {
				t.Errorf("%s: %s: %+v, %+v", model.Name, payload, one, two)
			}
		}
	}
}

func TestOfIsCached(t *testing.T) {
	t.Parallel()
	type T struct{ A int }
	first := of[T](t)
	if first != of[T](t) || first != of[*T](t) || first != of[T](t, schema.Title("")) {
		t.Error("Of makes the same Type twice")
	}
	if first == of[T](t, schema.Strict()) || first == of[T](t, schema.Title("X")) || first == of[T](t, schema.Description("X")) {
		t.Error("options make no difference")
	}
}

func TestTypeConcurrently(t *testing.T) {
	t.Parallel()
	type Node struct {
		ID       int            `json:"id" salt:"minimum=0"`
		Children []Node         `json:"children" salt:"default=[]"`
		Pet      Pet            `json:"pet"`
		Either   AorB           `json:"either"`
		Amount   schema.Decimal `json:"amount" salt:"default=1.50"`
	}
	const doc = `{"id":1,"children":[{"id":2,"pet":{"kind":"cat"},"either":{"a":1}}],"pet":{"kind":"dog","good":true},"either":{"b":"x"}}`
	types := make([]*schema.Type, 16)
	var group sync.WaitGroup
	for i := range types {
		group.Go(func() {
			typ, err := schema.Of(reflect.TypeFor[Node]())
			if err != nil {
				t.Error(err)
				return
			}
			types[i] = typ
			for range 20 {
				var n Node
				if err := typ.Decode([]byte(doc), &n); err != nil {
					t.Error(err)
				}
				out, err := typ.Marshal(&n)
				if err != nil || !strings.Contains(string(out), `"amount":"1.50"`) {
					t.Errorf("got %s, %v", out, err)
				}
			}
		})
	}
	group.Wait()
	for _, typ := range types {
		if typ != types[0] {
			t.Error("concurrent calls make different Types")
		}
	}
}
