package python_test

import (
	"reflect"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/python"
	"github.com/celerysalt/salt/schema"
)

func schemaOf[T any](t *testing.T, options ...schema.Option) string {
	t.Helper()
	made, err := schema.Of(reflect.TypeFor[T](), options...)
	if err != nil {
		t.Fatal(err)
	}
	return string(made.Schema().JSON())
}

// notSubscribed are the events that celery-salt's subscriptions cannot receive.
var notSubscribed = map[string]string{
	"names/class": "celery-salt makes a model with the JSON names, which Pydantic refuses",
	"node/class":  "celery-salt does not understand a schema that is a reference; a note says so",
}

// TestGoTypes takes Go types to Python and back.
func TestGoTypes(t *testing.T) {
	t.Parallel()
	failure := schemaOf[salt.RPCError](t)
	page := schemaOf[pageOf[circle]](t)
	for _, test := range []struct {
		name, schema string
		notDecorated string
		payloads     []string // which the schema accepts
	}{
		{"scalars", schemaOf[scalars](t), "", []string{`{"bool":true,"int":9,"float":0.5,"str":"ab1","datetime":"2024-01-02T03:04:05.000006Z",
			"date":"2024-01-02","time":"03:04:05Z","UUID":"123e4567-e89b-42d3-a456-426614174000",
			"id4":"123e4567-e89b-42d3-a456-426614174000","Addr":"::1","net":"10.0.0.0/8","site":"https://example.com/x",
			"mail":"a@example.com","host":"example.com","blob":"aGk=","base64":"aGk=","Any":[1,null],"RawJSON":{"a":1}}`}},
		{"strict", schemaOf[scalars](t, schema.Strict()), "additionalProperties", nil},
		{"money", schemaOf[money](t), "", []string{
			`{"amount":"12345.67","rate":null,"took":"PT1H","wait":null}`,
			`{"amount":12.5,"rate":"0.0001","took":"P1DT0.5S","wait":"PT0S","fee":"100000000000000000000.10"}`,
		}},
		{"node", schemaOf[node](t), "", []string{
			`{"name":"a","parent":null,"children":[{"name":"b","parent":null}]}`,
			`{"name":"a","parent":null,"leaf":{"owner":null}}`,
		}},
		{"page", page, "", []string{`{"items":[{"radius":1}]}`}},
		{"defaults", schemaOf[defaults](t), "", []string{`{}`, `{"maybe":"x","left":"y","tags":["b"],"pair":[3,4]}`}},
		{"optionals", schemaOf[optionals](t), "", []string{`{}`, `{"text":"ab","number":1,"when":"2024-01-02T03:04:05Z",
			"inner":{"radius":1},"color":"3d","list":[1],"some":[2],"pet":{"kind":"puppy"},"fee":"1.00"}`}},
		{"collections", schemaOf[collections](t), "", []string{`{"pets":[{"kind":"cat"},{"kind":"dog"}],"shape":{"side":1},
			"shapes":{"a":{"radius":1}},"pair":["a","b"],"unique":[{"radius":1},{"radius":2}],"set":["a"],"colors":{"k":""},
			"pages":{"items":[]},"texts":{"items":["x"]},"inline":{"x":1,"y":null,"c":{"radius":1}},"inlines":[{"z":1}]}`}},
		{"names", schemaOf[names](t), "alias", []string{`{"from":"a","order-id":"b","_hidden":"c","1st":"d","model_config":"e","json":"f",
			"model_dump_it":"g","größe":"h","list":[1],"dict":{"a":1},"Field":"i","Literal":"a","circle":{"radius":1},
			"class":{"radius":2},"pet":{"kind":"cat"},"root":1,"a b":2,"a_b":3}`}},
		{"documented", schemaOf[documented](t), "", []string{`{"a":1,"b":"x","c":[1]}`}},
		{"others", schemaOf[withOthers](t), "additionalProperties", []string{`{"a":1,"b":2}`}},
	} {
		for _, style := range []string{python.Class, python.Decorator} {
			t.Run(test.name+"/"+style, func(t *testing.T) {
				t.Parallel()
				request := rpc(t, "types."+test.name, test.schema, page, failure)
				broadcast := event(t, "types."+test.name+".done", test.schema)
				contracts := []*gen.Contract{broadcast, request}
				if test.notDecorated != "" && style == python.Decorator {
					expectError(t, style, test.notDecorated, contracts...)
					return
				}
				out := generate(t, style, contracts...)
				a := ask(t, out.Source, test.payloads...)
				expectContracts(t, a, out, contracts...)
				for i, p := range a.Payloads {
					if !p.Accepted.OK {
						t.Errorf("%s: %s\n%s", test.payloads[i], p.Accepted.Error, numberedLines(out.Source))
					}
					expectSent(t, test.payloads[i], broadcast, p)
					if why := notSubscribed[test.name+"/"+style]; p.Subscribed.OK != (why == "") {
						t.Errorf("%s: a subscription takes it %t (%s), table says %q", test.payloads[i], p.Subscribed.OK, p.Subscribed.Error, why)
					}
				}
			})
		}
	}
}
