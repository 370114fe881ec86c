package golang

import (
	"reflect"
	"slices"
	"strings"

	"github.com/celerysalt/salt/internal/gen"
)

type namedKind int

const (
	plainKind  namedKind = iota // no type of its own in Go: it is written where it is used
	structKind                  // an object
	enumKind                    // a scalar with Values
)

// A named is what a definition became.
type named struct {
	node  *gen.Node
	kind  namedKind
	name  string
	err   error     // why it cannot be made
	body  *body     // of a struct; nil while it is being made
	base  string    // of an enum: string, int64, float64
	about string    // for the comment
	own   *ownType  // of a root that no struct can say
	embed string    // of a class: salt.Event, salt.RPC[…]
	fault *faultful // of an error: its method
}

// isRecord reports whether a schema is an object with declared members.
func isRecord(n *gen.Node) bool {
	return n.Text("type") == "object" && (n.Has("properties") || n.Raw("additionalProperties").Kind() == 'f')
}

// resolve returns what the node that a $ref leads to became, after making it.
func (g *generator) resolve(n *gen.Node) (*named, error) {
	for seen := 0; n.IsRef() && seen < 1000; seen++ {
		n = n.Ref()
	}
	if known, ok := g.named[n]; ok {
		return known, known.err
	}
	made := &named{node: n, about: "part of the contracts"}
	defName := n.DefName()
	if defName == "" {
		defName = n.Pointer[strings.LastIndexByte(n.Pointer, '/')+1:]
	}
	sign := defName + "\n" + signature(n)
	if known, ok := g.bySign[sign]; ok {
		g.named[n] = known
		return known, known.err
	}
	base := enumBase(n)
	if base == "" && !isRecord(n) {
		g.named[n] = made
		if repeats(n) {
			made.err = n.Errorf("Go cannot say this schema, which contains itself; make what contains itself an object with type and properties")
		}
		return made, made.err
	}
	g.named[n], g.bySign[sign] = made, made
	made.name = g.defTypeName(n, defName, sign)
	if base != "" {
		made.kind, made.base = enumKind, base
		g.enumNotes(made)
		g.decls = append(g.decls, made)
		return made, nil
	}
	made.kind = structKind
	at := len(g.decls)
	g.decls = append(g.decls, made) // before those that it needs
	b, err := g.body(n, made.name)
	if err != nil {
		if hasRefs(n) {
			made.err = err
			return nil, err
		}
		g.decls = slices.Delete(g.decls, at, len(g.decls))
		made.kind = plainKind
		g.note(n, "it is written where it is used, as JSON as it stands, because %w", err)
		return made, nil
	}
	made.body = b
	return made, nil
}

// reference is about a $ref to a type of Go.
func (g *generator) reference(v view) ([]cand, error) {
	n, err := g.resolve(v.Ref())
	if err != nil {
		return nil, err
	}
	stand := map[string]reflect.Type{
		"string": reflect.TypeFor[standText](), "int64": reflect.TypeFor[standInt](), "float64": reflect.TypeFor[standFloat](),
	}
	t, embeds := reflect.TypeFor[standStruct](), []*named{n}
	if n.kind == enumKind {
		t, embeds = stand[n.base], nil
	}
	return []cand{{
		expr: fixed(n.name), goType: t, want: v.base(object{"$ref": quoted("#/$defs/" + t.Name())}),
		bare: n.base == "string", made: true, ref: true, embeds: embeds,
	}}, nil
}
