package schema

import (
	"encoding/json"
	"fmt"
	"math/big"
	"slices"
)

// kinds is a set of JSON types.
type kinds uint8

const (
	kindNull kinds = 1 << iota
	kindBoolean
	kindInteger
	kindNumber
	kindString
	kindArray
	kindObject
)

var kindNames = []string{"null", "boolean", "integer", "number", "string", "array", "object"}

// A node is one subschema. References are pointers, so a recursive schema is a
// graph with cycles. Bounds that are absent are nil or negative.
type node struct {
	pointer string // in the schema document
	never   bool   // the schema false
	types   kinds
	inexact bool // number whose text form stands beside it: precision is not ours to judge

	ref                 *node
	allOf, anyOf, oneOf []*node
	not, when           *node // when is the keyword "if"
	then, otherwise     *node
	discriminator       *discriminator
	constant            *constant
	enum                []constant

	minimum, maximum, above, below *bound
	multipleOf                     *big.Rat
	multiple                       string // multipleOf as written

	minLength, maxLength int
	pattern              *pattern
	format               *format

	minItems, maxItems       int
	unique                   bool
	prefix                   []*node
	items                    *node
	contains                 *node
	minContains, maxContains int
	unevaluatedItems         *node

	minProperties, maxProperties int
	properties                   map[string]property
	required                     []string
	patternProperties            []patternProperty
	additional                   *node
	propertyNames                *node
	dependentRequired            map[string][]string
	dependentSchemas             []dependent
	unevaluatedProperties        *node
}

type property struct {
	node     *node // nil if the name occurs only in required
	required int   // index in required, or -1
}

type patternProperty struct {
	pattern *pattern
	node    *node
}

type dependent struct {
	name string
	node *node
}

type bound struct {
	value   decimal
	text    string
	small   int64 // the value, if it is a small integer
	isSmall bool
}

// A constant is a value of a schema document; key is its [appendKey].
type constant struct {
	key  string
	text string // for people
}

type discriminator struct {
	property string
	mapping  map[string]*node
}

type builder struct {
	doc      *document
	nodes    map[string]*node
	patterns int // size of all so far
}

// build fills a node. The document conforms to the metaschema, so keywords have
// the types they should have.
func (b *builder) build(n *node, value any) error {
	n.minLength, n.maxLength, n.minItems, n.maxItems = -1, -1, -1, -1
	n.minProperties, n.maxProperties, n.minContains, n.maxContains = -1, -1, 1, -1
	object, ok := value.(map[string]any)
	if !ok {
		n.never = value == false
		return nil
	}
	n.types = readTypes(object["type"])
	if to, ok := b.doc.target(object); ok {
		n.ref = b.nodes[to]
	}
	b.combinators(n, object)
	if err := b.scalars(n, object); err != nil {
		return err
	}
	b.arrays(n, object)
	if err := b.objects(n, object); err != nil {
		return err
	}
	return nil
}

func readTypes(v any) kinds {
	var set kinds
	switch v := v.(type) {
	case string:
		set = 1 << slices.Index(kindNames, v)
	case []any:
		for _, name := range v {
			set |= readTypes(name)
		}
	}
	return set
}

func (b *builder) child(n *node, object map[string]any, keyword string) *node {
	if _, ok := object[keyword]; !ok {
		return nil
	}
	return b.nodes[n.pointer+"/"+escapeToken(keyword)]
}

func (b *builder) list(n *node, object map[string]any, keyword string) []*node {
	var list []*node
	for path := range subschemasOf(keyword, object[keyword]) {
		list = append(list, b.nodes[n.pointer+path])
	}
	return list
}

func (b *builder) combinators(n *node, object map[string]any) {
	n.allOf = b.list(n, object, "allOf")
	n.anyOf = b.list(n, object, "anyOf")
	n.oneOf = b.list(n, object, "oneOf")
	n.not = b.child(n, object, "not")
	n.when = b.child(n, object, "if")
	n.then = b.child(n, object, "then")
	n.otherwise = b.child(n, object, "else")
	if isDecimal(object["anyOf"]) {
		for _, branch := range n.anyOf {
			if branch.numeric(b.doc) {
				branch.inexact = true
			}
		}
	}
	d, _ := object["discriminator"].(map[string]any)
	name, ok := d["propertyName"].(string)
	if !ok {
		return
	}
	n.discriminator = &discriminator{property: name, mapping: make(map[string]*node)}
	mapping, _ := d["mapping"].(map[string]any)
	for tag, ref := range mapping {
		if ref, ok := ref.(string); ok {
			if to, err := b.doc.resolve(ref); err == nil {
				n.discriminator.mapping[tag] = b.nodes[to]
			}
		}
	}
}

// isDecimal recognises how Pydantic writes a Decimal: a number, or text that
// has the pattern of one.
func isDecimal(anyOf any) bool {
	branches, _ := anyOf.([]any)
	return slices.ContainsFunc(branches, func(branch any) bool {
		object, _ := branch.(map[string]any)
		pattern, _ := object["pattern"].(string)
		_, ok := parseDecimalPattern(pattern)
		return ok
	})
}

func (n *node) numeric(doc *document) bool {
	object, _ := doc.schemas[n.pointer].(map[string]any)
	return readTypes(object["type"]) == kindNumber
}

func (b *builder) scalars(n *node, object map[string]any) error {
	if v, ok := object["const"]; ok {
		n.constant = new(newConstant(v))
	}
	if list, ok := object["enum"].([]any); ok {
		n.enum = []constant{} // an empty one permits nothing
		for _, v := range list {
			n.enum = append(n.enum, newConstant(v))
		}
	}
	n.minimum = readBound(object, "minimum")
	n.maximum = readBound(object, "maximum")
	n.above = readBound(object, "exclusiveMinimum")
	n.below = readBound(object, "exclusiveMaximum")
	if m := readBound(object, "multipleOf"); m != nil {
		n.multipleOf, n.multiple = m.value.rat(), m.text
	}
	n.minLength = readCount(object, "minLength", -1)
	n.maxLength = readCount(object, "maxLength", -1)
	if name, ok := object["format"].(string); ok {
		n.format = formats[name]
	}
	text, ok := object["pattern"].(string)
	if !ok {
		return nil
	}
	var err error
	if n.pattern, err = b.pattern(text); err != nil {
		return fmt.Errorf("pattern: %w", err)
	}
	return nil
}

func (b *builder) pattern(text string) (*pattern, error) {
	p, err := compilePattern(text)
	if err != nil {
		return nil, err
	}
	if b.patterns += p.cost; b.patterns > maxPatternsSize {
		return nil, fmt.Errorf("the patterns up to this one are out of proportion: together they need more than %d steps a character", maxPatternsSize)
	}
	return p, nil
}

func newConstant(v any) constant {
	text, _ := json.Marshal(v) //nolint:errchkjson // v was decoded from JSON, whose types all encode
	return constant{key: string(appendKey(nil, v)), text: string(text)}
}

func readBound(object map[string]any, keyword string) *bound {
	lit, ok := object[keyword].(json.Number)
	if !ok {
		return nil
	}
	d, _ := parseDecimal([]byte(lit))
	small, isSmall := smallInt([]byte(lit))
	return &bound{value: d, text: lit.String(), small: small, isSmall: isSmall}
}

// readCount reads a keyword that counts. What exceeds an int32 bounds nothing
// that a document within the limits could have.
func readCount(object map[string]any, keyword string, absent int) int {
	b := readBound(object, keyword)
	if b == nil {
		return absent
	}
	const most = 1<<31 - 1
	if n := b.value.rat().Num(); n.IsInt64() {
		return int(min(n.Int64(), most))
	}
	return most
}

func (b *builder) arrays(n *node, object map[string]any) {
	n.minItems = readCount(object, "minItems", -1)
	n.maxItems = readCount(object, "maxItems", -1)
	n.unique = object["uniqueItems"] == true
	n.prefix = b.list(n, object, "prefixItems")
	n.items = b.child(n, object, "items")
	n.contains = b.child(n, object, "contains")
	n.minContains = readCount(object, "minContains", 1)
	n.maxContains = readCount(object, "maxContains", -1)
	n.unevaluatedItems = b.child(n, object, "unevaluatedItems")
}

func (b *builder) objects(n *node, object map[string]any) error {
	n.minProperties = readCount(object, "minProperties", -1)
	n.maxProperties = readCount(object, "maxProperties", -1)
	n.additional = b.child(n, object, "additionalProperties")
	n.propertyNames = b.child(n, object, "propertyNames")
	n.unevaluatedProperties = b.child(n, object, "unevaluatedProperties")
	n.required = readStrings(object["required"])

	members, _ := object["properties"].(map[string]any)
	n.properties = make(map[string]property, len(members))
	for name := range members {
		n.properties[name] = property{node: b.nodes[n.pointer+"/properties/"+escapeToken(name)], required: -1}
	}
	for i, name := range n.required {
		p := n.properties[name]
		p.required = i
		n.properties[name] = p
	}
	patterns, _ := object["patternProperties"].(map[string]any)
	for _, text := range sortedKeys(patterns) {
		p, err := b.pattern(text)
		if err != nil {
			return fmt.Errorf("patternProperties: %w", err)
		}
		n.patternProperties = append(n.patternProperties, patternProperty{p, b.nodes[n.pointer+"/patternProperties/"+escapeToken(text)]})
	}
	dependents, _ := object["dependentSchemas"].(map[string]any)
	for _, name := range sortedKeys(dependents) {
		n.dependentSchemas = append(n.dependentSchemas, dependent{name, b.nodes[n.pointer+"/dependentSchemas/"+escapeToken(name)]})
	}
	lists, _ := object["dependentRequired"].(map[string]any)
	for name, list := range lists {
		if n.dependentRequired == nil {
			n.dependentRequired = make(map[string][]string, len(lists))
		}
		n.dependentRequired[name] = readStrings(list)
	}
	return nil
}

func readStrings(v any) []string {
	var list []string
	elements, _ := v.([]any)
	for _, e := range elements {
		if s, ok := e.(string); ok {
			list = append(list, s)
		}
	}
	return list
}
