package schema_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt/schema"
)

func TestDefaultsAreFilled(t *testing.T) {
	t.Parallel()
	type Leaf struct {
		Port  int               `json:"port" salt:"default=5672"`
		Hosts []string          `json:"hosts" salt:"default='[\"a\",\"b\"]'"`
		Tags  map[string]string `json:"tags" salt:"default='{\"k\":\"v\"}'"`
		Wait  time.Duration     `json:"wait" salt:"default=PT1S"`
		Given string            `json:"given"`
	}
	type T struct {
		Leaf    Leaf            `json:"leaf" salt:"default='{\"given\":\"g\"}'"`
		Absent  Leaf            `json:"absent" salt:"optional"`
		Pointer *Leaf           `json:"pointer"`
		Preset  *Leaf           `json:"preset" salt:"default='{\"port\":1,\"given\":\"\"}'"`
		List    []Leaf          `json:"list"`
		Map     map[string]Leaf `json:"map"`
		Array   [1]*Leaf        `json:"array"`
		Pets    []Pet           `json:"pets"`
		inheritedDefault
	}
	typ := of[T](t)
	leaf := func(port int, given string) Leaf {
		return Leaf{port, []string{"a", "b"}, map[string]string{"k": "v"}, time.Second, given}
	}
	const doc = `{"pointer":{"given":"p","port":9},"list":[{"given":"l"},{"hosts":[]}],"map":{"m":{"tags":{}}},"array":[{}],"pets":[{"kind":"cat"}]}`
	l, m, p, preset, array := leaf(5672, ""), leaf(5672, ""), leaf(9, "p"), leaf(1, ""), leaf(5672, "")
	l.Hosts, m.Tags = []string{}, map[string]string{}
	want := T{
		Leaf: leaf(5672, "g"), Pointer: &p, Preset: &preset, List: []Leaf{leaf(5672, "l"), l}, Map: map[string]Leaf{"m": m},
		Array: [1]*Leaf{&array}, Pets: []Pet{Cat{"cat", 9}}, inheritedDefault: inheritedDefault{"base"},
	}
	for range 2 { // the second time shows that nothing is shared
		var got T
		if err := typ.Unmarshal([]byte(doc), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, cmp.AllowUnexported(T{})); diff != "" {
			t.Fatalf("(-want +got):\n%s", diff)
		}
		got.Leaf.Hosts[0], got.Leaf.Tags["k"], got.Preset.Port, got.Preset.Hosts[1] = "changed", "changed", 0, "changed"
	}
	used := T{Absent: leaf(3, "old"), List: make([]Leaf, 5)}
	if err := typ.Unmarshal([]byte(doc), &used); err != nil || used.Absent.Port != 0 || len(used.List) != 2 {
		t.Errorf("the old content stays: %+v (%v)", used, err)
	}
}

type inheritedDefault struct {
	Base string `json:"base" salt:"default=base"`
}

func TestNestedSelfDefault(t *testing.T) {
	t.Parallel()
	type T struct {
		Name  string `json:"name" salt:"default=n"`
		Child *T     `json:"child" salt:"default={}"`
	}
	var got T
	if err := of[T](t).Unmarshal([]byte(`{}`), &got); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(T{"n", &T{"n", nil}}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestUnknownMembers(t *testing.T) {
	t.Parallel()
	type T struct {
		A int `json:"a"`
	}
	var got T
	if err := of[T](t).Decode([]byte(`{"A":5,"a":1,"b":{"c":[]}}`), &got); err != nil || got.A != 1 {
		t.Errorf("got %+v, %v", got, err)
	}
	if err := of[T](t, schema.Strict()).Decode([]byte(`{"a":1,"b":2}`), &got); err == nil {
		t.Error("a strict type accepts unknown members")
	}
}
