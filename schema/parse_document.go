package schema

import (
	"errors"
	"fmt"
	"iter"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
)

// A document is a schema document with all its subschemas found.
type document struct {
	root    any
	schemas map[string]any    // JSON pointer -> object or bool
	anchors map[string]string // $anchor -> JSON pointer
	defs    int
}

// Which keywords of draft 2020-12 hold subschemas, and how.
var (
	schemaKeywords = []string{
		"additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
		"propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
	}
	schemaLists = []string{"allOf", "anyOf", "oneOf", "prefixItems"}
	schemaMaps  = []string{"$defs", "definitions", "dependentSchemas", "patternProperties", "properties"}

	// What applies to the same value as the schema that holds it.
	inPlace = []string{"allOf", "anyOf", "dependentSchemas", "else", "if", "not", "oneOf", "then"}
)

// subschemas yields the direct subschemas of a schema, relative pointer first,
// in a stable order.
func subschemas(object map[string]any) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		for _, keyword := range sortedKeys(object) {
			for path, sub := range subschemasOf(keyword, object[keyword]) {
				if !yield(path, sub) {
					return
				}
			}
		}
	}
}

func subschemasOf(keyword string, value any) iter.Seq2[string, any] {
	return func(yield func(string, any) bool) {
		prefix := "/" + escapeToken(keyword)
		switch value := value.(type) {
		case []any:
			if !slices.Contains(schemaLists, keyword) {
				return
			}
			for i, sub := range value {
				if !yield(prefix+"/"+strconv.Itoa(i), sub) {
					return
				}
			}
		case map[string]any:
			switch {
			case slices.Contains(schemaMaps, keyword):
				for _, name := range sortedKeys(value) {
					if !yield(prefix+"/"+escapeToken(name), value[name]) {
						return
					}
				}
			case slices.Contains(schemaKeywords, keyword):
				yield(prefix, value)
			}
		case bool:
			if slices.Contains(schemaKeywords, keyword) {
				yield(prefix, value)
			}
		}
	}
}

func sortedKeys[V any](m map[string]V) []string { return slices.Sorted(maps.Keys(m)) }

// walk collects the subschemas below a schema.
func (d *document) walk(pointer string, value any) error {
	if len(d.schemas) >= maxSubschemas {
		return fmt.Errorf("parse schema: more than %d subschemas; split the event", maxSubschemas)
	}
	d.schemas[pointer] = value
	object, ok := value.(map[string]any)
	if !ok {
		if _, ok := value.(bool); !ok {
			return fmt.Errorf("parse schema at %s: a schema is an object or a boolean", place(pointer))
		}
		return nil
	}
	for _, keyword := range []string{"$defs", "definitions"} {
		defs, _ := object[keyword].(map[string]any)
		if d.defs += len(defs); d.defs > maxDefs {
			return fmt.Errorf("parse schema at %s: more than %d definitions; split the event", place(pointer), maxDefs)
		}
	}
	if anchor, ok := object["$anchor"].(string); ok {
		if first, ok := d.anchors[anchor]; ok {
			return fmt.Errorf("parse schema at %s: $anchor %q is taken by %s", place(pointer), anchor, place(first))
		}
		d.anchors[anchor] = pointer
	}
	for path, sub := range subschemas(object) {
		if err := d.walk(pointer+path, sub); err != nil {
			return err
		}
	}
	return nil
}

const dialect = "https://json-schema.org/draft/2020-12/schema"

func (d *document) checkReferences(pointer string, value any) error {
	object, ok := value.(map[string]any)
	if !ok {
		return nil
	}
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("parse schema at %s: %w", place(pointer), fmt.Errorf(format, args...))
	}
	if s, ok := object["$schema"].(string); ok && strings.TrimSuffix(s, "#") != dialect {
		return wrong("$schema %q is not supported; write the schema for %s", s, dialect)
	}
	for _, keyword := range []string{"$dynamicRef", "$dynamicAnchor", "$recursiveRef", "$recursiveAnchor", "$vocabulary", "dependencies"} {
		if _, ok := object[keyword]; ok {
			return wrong("%s is not supported; use $ref, or dependentRequired and dependentSchemas", keyword)
		}
	}
	if _, ok := object["$id"]; ok && pointer != "" {
		return wrong("$id is supported only at the root of a document; use $defs and $ref")
	}
	if ref, ok := object["$ref"].(string); ok {
		if _, err := d.resolve(ref); err != nil {
			return wrong("%w", err)
		}
	}
	return nil
}

// resolve returns the pointer of the subschema that a $ref names.
func (d *document) resolve(ref string) (string, error) {
	fragment, local := strings.CutPrefix(ref, "#")
	if !local {
		return "", fmt.Errorf("$ref %q points outside of the document; copy the schema into $defs and refer to it as #/$defs/…", ref)
	}
	fragment, err := url.PathUnescape(fragment)
	if err != nil {
		return "", fmt.Errorf("$ref %q: %w", ref, err)
	}
	pointer := fragment
	if fragment != "" && fragment[0] != '/' {
		at, ok := d.anchors[fragment]
		if !ok {
			return "", fmt.Errorf("$ref %q names no $anchor in the document", ref)
		}
		return at, nil
	}
	if _, ok := d.schemas[pointer]; !ok {
		return "", fmt.Errorf("$ref %q points to no schema in the document", ref)
	}
	return pointer, nil
}

// target returns the pointer that the schema's $ref leads to.
func (d *document) target(object map[string]any) (string, bool) {
	ref, ok := object["$ref"].(string)
	if !ok {
		return "", false
	}
	pointer, err := d.resolve(ref)
	return pointer, err == nil
}

var errCycle = errors.New("the reference leads back to itself without looking at any part of the value")

// checkCycles refuses schemas that could be applied to one value for ever.
func (d *document) checkCycles() error {
	const visiting, done = 1, 2
	state := make(map[string]int, len(d.schemas))
	var visit func(pointer string) error
	visit = func(pointer string) error {
		switch state[pointer] {
		case visiting:
			return fmt.Errorf("parse schema at %s: %w", place(pointer), errCycle)
		case done:
			return nil
		}
		state[pointer] = visiting
		if object, ok := d.schemas[pointer].(map[string]any); ok {
			if to, ok := d.target(object); ok {
				if err := visit(to); err != nil {
					return err
				}
			}
			for _, keyword := range inPlace {
				for path := range subschemasOf(keyword, object[keyword]) {
					if err := visit(pointer + path); err != nil {
						return err
					}
				}
			}
		}
		state[pointer] = done
		return nil
	}
	for _, pointer := range sortedKeys(d.schemas) {
		if err := visit(pointer); err != nil {
			return err
		}
	}
	return nil
}
