package golang_test

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
	"github.com/celerysalt/salt/schema"
)

// A dice makes random struct types that Salt's reflector takes.
type dice struct{ *rand.Rand }

func (d dice) pick(of ...string) string { return of[d.IntN(len(of))] }

var scalars = []struct {
	t    reflect.Type
	tags []string
}{
	{reflect.TypeFor[string](), []string{"", "minLength=1", "maxLength=4,pattern='^[a-c,]*$'", "format=email", "enum=a|'b,c'|''", "const=x", "default=abc", "default=", "examples=a|b"}},
	{reflect.TypeFor[int](), []string{"", "minimum=0", "exclusiveMaximum=9,default=3", "enum=1|2|3", "const=-1", "multipleOf=5"}},
	{reflect.TypeFor[float64](), []string{"", "minimum=0.25", "default=1e3", "exclusiveMinimum=-1.5,maximum=2"}},
	{reflect.TypeFor[bool](), []string{"", "default=false", "const=true"}},
	{reflect.TypeFor[time.Time](), []string{"", "format=date", "default=2024-01-02T03:04:05Z"}},
	{reflect.TypeFor[time.Duration](), []string{"", "default=PT5S"}},
	{reflect.TypeFor[uuid.UUID](), []string{"", "format=uuid4"}},
	{reflect.TypeFor[netip.Addr](), []string{"", "format=ipv4"}},
	{reflect.TypeFor[schema.Decimal](), []string{"", "minimum=0", "maxDigits=8", "decimalPlaces=3,default=0.125", "maxDigits=9,decimalPlaces=2,maximum=5"}},
	{reflect.TypeFor[[]byte](), []string{"", "format=base64", "minLength=2", "format=base64,maxLength=8"}},
	{reflect.TypeFor[any](), []string{"", "default=null", "default='{\"a\":[1]}'", "enum=1|true|'\"x\"'"}},
	{reflect.TypeFor[Color](), []string{"", "default=red"}},
	{reflect.TypeFor[Level](), []string{"", "default=2"}},
	{reflect.TypeFor[Pet](), []string{"", "default=null"}},
	{reflect.TypeFor[Shape](), []string{"", "default=null"}},
	{reflect.TypeFor[Tree](), []string{""}},
	{reflect.TypeFor[Cat](), []string{"", `default='{"kind":"cat","lives":1,"chase":null}'`}},
}

// kind returns a type and the tags that fit it.
func (d dice) kind(depth int) (reflect.Type, string) {
	switch n := d.IntN(10); {
	case n < 6 || depth > 2:
		s := scalars[d.IntN(len(scalars))]
		return s.t, d.pick(s.tags...)
	case n == 6:
		t, _ := d.kind(depth + 1)
		return reflect.SliceOf(t), d.pick("", "minItems=1", "maxItems=5,uniqueItems", "default=[]", "default=null")
	case n == 7:
		t, _ := d.kind(depth + 1)
		key := []reflect.Type{reflect.TypeFor[string](), reflect.TypeFor[Color](), reflect.TypeFor[uuid.UUID]()}[d.IntN(3)]
		return reflect.MapOf(key, t), d.pick("", "minProperties=1", "default={}", "default=null")
	case n == 8:
		t, tags := d.kind(depth + 1)
		if t.Kind() == reflect.Pointer || strings.Contains(tags, "null") {
			return t, tags
		}
		return reflect.PointerTo(t), tags
	}
	return d.record(depth + 1), ""
}

var memberNames = []string{"id", "user_id", "userId", "HTTP", "a-b", "a b", "type", "func", "error", "1st", "_x", "x_", "ß", "naïve", "日", "$ref", "Event", "%s"}

// record returns a struct without a name.
func (d dice) record(depth int) reflect.Type {
	var fields []reflect.StructField
	if tag := d.pick("", "", "strict", "title='The title',description='so, so'", "deprecated"); tag != "" {
		fields = append(fields, reflect.StructField{Name: "_", PkgPath: "p", Type: reflect.TypeFor[struct{}](), Tag: reflect.StructTag(fmt.Sprintf("salt:%q", tag))})
	} else if d.IntN(5) == 0 {
		t, _ := d.kind(3)
		fields = append(fields, reflect.StructField{Name: "Rest", Type: reflect.MapOf(reflect.TypeFor[string](), t), Tag: `json:",embed"`})
	}
	for i, at := range d.Perm(len(memberNames))[:d.IntN(7)] {
		t, tags := d.kind(depth)
		for _, more := range []string{"title=Other", "description='what, it | \"is\" `so`\nand so'", "deprecated", "required", "optional"} {
			if d.IntN(6) == 0 && (more != "required" && more != "optional" || !strings.Contains(tags, "default") && !strings.Contains(tags, "optional")) && (more != "optional" || !strings.Contains(tags, "required")) {
				tags = strings.TrimPrefix(tags+","+more, ",")
			}
		}
		tag := fmt.Sprintf("json:%q", memberNames[at])
		if tags != "" {
			tag += fmt.Sprintf(" salt:%q", tags)
		}
		fields = append(fields, reflect.StructField{Name: fmt.Sprintf("F%d", i), Type: t, Tag: reflect.StructTag(tag)})
	}
	return reflect.StructOf(fields)
}

// TestRandomTypes: schemas of random Go types come back from generated Go equal
// in value.
func TestRandomTypes(t *testing.T) {
	t.Parallel()
	const wanted = 150
	seed := uint64(time.Now().UnixNano())
	t.Logf("seed %d", seed)
	d := dice{rand.New(rand.NewPCG(seed, 1))}
	var contracts []*gen.Contract
	for refused := 0; len(contracts) < wanted; {
		made, err := schema.Of(d.record(0), schema.Title(fmt.Sprintf("Random%d", len(contracts))))
		if err != nil {
			if refused++; refused > 20*wanted {
				t.Fatalf("most random types are refused, as: %v", err)
			}
			continue // such as a default of a pointer to a map
		}
		contracts = append(contracts, gen.FromSpec(&salt.Spec{
			Topic: fmt.Sprintf("random.n%d", len(contracts)), Version: salt.DefaultVersion, Mode: salt.ModeEvent, Schema: made.Schema(),
		}))
	}
	reports := build(t, []program{
		{name: "simple", style: golang.Simple, contracts: contracts},
		{name: "class", style: golang.Class, contracts: contracts},
	})
	for _, name := range []string{"simple", "class"} {
		if len(reports[name]) != wanted {
			t.Errorf("%s: %d reports, want %d", name, len(reports[name]), wanted)
		}
		for _, c := range contracts {
			sameDocument(t, name+" "+string(c.Payload.Schema.JSON()), c.Payload, reports[name][c.Topic+"@v1"].Schema)
		}
	}
}
