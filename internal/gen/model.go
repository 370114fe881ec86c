package gen

import (
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/schema"
)

// A Document is one schema with its definitions. Read only.
type Document struct {
	Schema *schema.Schema
	Root   *Node

	// Origin is the file, with the JSON pointer of the schema within it unless
	// it is the whole file: "schemas/user.json#/response".
	Origin string

	nodes   map[string]*Node // by pointer
	anchors map[string]*Node
}

// Defs returns the root's definitions, those of $defs before those of
// definitions, in the document's order. A name stands for one only within its
// keyword, so use the node's pointer to tell them apart.
func (d *Document) Defs() []Member {
	return slices.Concat(d.Root.Members("$defs"), d.Root.Members("definitions"))
}

// Resolve returns the node that a $ref leads to. It is never nil for the $refs
// of the document itself: [schema.Parse] has checked them.
func (d *Document) Resolve(ref string) *Node {
	fragment, ok := strings.CutPrefix(ref, "#")
	if !ok {
		return nil
	}
	fragment = unescapeURL(fragment)
	if fragment != "" && fragment[0] != '/' {
		return d.anchors[fragment]
	}
	return d.nodes[fragment]
}

// Node returns the schema at a JSON pointer ("" is the root), nil if there is
// none.
func (d *Document) Node(pointer string) *Node { return d.nodes[pointer] }

// A Node is one schema within a document: true, false, or an object of keywords.
type Node struct {
	Doc     *Document
	Parent  *Node          // nil for the root
	Pointer string         // from the document's root, "" for the root itself
	Value   jsontext.Value // as written

	// Keywords are all members of the object, unknown ones included, in their
	// order. Nil for true and false.
	Keywords []Keyword
}

// A Keyword is one member of a schema object. One of Sub, List and Members is
// set when the keyword holds schemas.
type Keyword struct {
	Name  string
	Value jsontext.Value // as written

	Sub     *Node    // items, additionalProperties, not, …
	List    []*Node  // anyOf, oneOf, allOf, prefixItems
	Members []Member // properties, $defs, patternProperties, …
}

// A Member is a named schema of a keyword such as properties, in order.
type Member struct {
	Name string
	Node *Node
}

// IsBool reports whether the schema is just true or false.
func (n *Node) IsBool() bool { return n.Value.Kind() != '{' }

// IsAny reports whether the schema allows everything and says nothing: true or {}.
func (n *Node) IsAny() bool { return n.Value.Kind() == 't' || !n.IsBool() && len(n.Keywords) == 0 }

// Keyword returns a keyword, nil if the schema does not have it.
func (n *Node) Keyword(name string) *Keyword {
	i := slices.IndexFunc(n.Keywords, func(k Keyword) bool { return k.Name == name })
	if i < 0 {
		return nil
	}
	return &n.Keywords[i]
}

// Has reports whether the schema has the keyword.
func (n *Node) Has(name string) bool { return n.Keyword(name) != nil }

// Raw returns the keyword's JSON as written, nil if the schema does not have it.
func (n *Node) Raw(name string) jsontext.Value {
	if k := n.Keyword(name); k != nil {
		return k.Value
	}
	return nil
}

// Text returns a keyword that is a string; "" if it is missing or something else.
func (n *Node) Text(name string) string {
	text, _ := unquote(n.Raw(name))
	return text
}

// Sub returns the schema of a keyword such as items, nil if there is none.
func (n *Node) Sub(name string) *Node {
	if k := n.Keyword(name); k != nil {
		return k.Sub
	}
	return nil
}

// List returns the schemas of a keyword such as anyOf.
func (n *Node) List(name string) []*Node {
	if k := n.Keyword(name); k != nil {
		return k.List
	}
	return nil
}

// Members returns the named schemas of a keyword such as properties.
func (n *Node) Members(name string) []Member {
	if k := n.Keyword(name); k != nil {
		return k.Members
	}
	return nil
}

// Property returns the schema of an object's member, nil if there is none.
func (n *Node) Property(name string) *Node {
	for _, m := range n.Members("properties") {
		if m.Name == name {
			return m.Node
		}
	}
	return nil
}

// Texts returns the strings of a keyword that is an array, or the one string it
// is: required, type.
func (n *Node) Texts(name string) []string {
	raw := n.Raw(name)
	if text, ok := unquote(raw); ok {
		return []string{text}
	}
	var texts []string
	for _, item := range Items(raw) {
		if text, ok := unquote(item); ok {
			texts = append(texts, text)
		}
	}
	return texts
}

// Required reports whether an object's schema requires the member.
func (n *Node) Required(member string) bool {
	return slices.Contains(n.Texts("required"), member)
}

// Ref returns the node that the schema's $ref leads to, nil without one.
func (n *Node) Ref() *Node {
	if !n.Has("$ref") {
		return nil
	}
	return n.Doc.Resolve(n.Text("$ref"))
}

// IsRef reports whether the schema is nothing but a $ref.
func (n *Node) IsRef() bool { return len(n.Keywords) == 1 && n.Has("$ref") }

// DefName returns the name under $defs or definitions of the root, "" for other
// nodes.
func (n *Node) DefName() string {
	for _, m := range n.Doc.Defs() {
		if m.Node == n {
			return m.Name
		}
	}
	return ""
}

// Place names the node for people: "schemas/user.json#/properties/id".
func (n *Node) Place() string {
	if n.Pointer == "" {
		return n.Doc.Origin
	}
	if strings.Contains(n.Doc.Origin, "#") {
		return n.Doc.Origin + n.Pointer
	}
	return n.Doc.Origin + "#" + n.Pointer
}

// Errorf makes an error about the node, which begins with its place.
func (n *Node) Errorf(format string, args ...any) error {
	return fmt.Errorf("%s: %w", n.Place(), fmt.Errorf(format, args...))
}
