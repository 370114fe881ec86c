package schema

import (
	"errors"
	"fmt"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// moreFormats are known formats that the validator does not assert.
var moreFormats = []string{
	"binary", "byte", "password", "path", "file-path", "directory-path", "json-string", "multi-host-uri",
	"uri-reference", "iri", "iri-reference", "idn-email", "idn-hostname", "uri-template",
	"json-pointer", "relative-json-pointer", "regex", "color", "credit-card",
}

// constrain applies the constraints of a tag to a form and its schema.
func (r *reflector) constrain(f *form, schema parts, tg *tag) (*form, parts, error) {
	for _, e := range tg.entries {
		if tagRules[e.key].fits&f.class == 0 {
			return nil, nil, fmt.Errorf("tag %s does not fit %s, which is %s", e.key, describe(f.goType), f.class)
		}
	}
	changed := *f
	c := constrainer{form: &changed, tag: tg, schema: schema}
	for _, apply := range []func() error{c.literals, c.format, c.bounds, c.sizes, c.pattern} {
		if err := apply(); err != nil {
			return nil, nil, err
		}
	}
	if f.class == isDecimals {
		return &changed, decimalSchema(c.schema, c.text), nil
	}
	return &changed, c.schema, nil
}

type constrainer struct {
	form   *form
	tag    *tag
	schema parts
	text   string // the pattern of a decimal
}

func (c *constrainer) literals() error {
	e, isEnum := c.tag.lookup("enum")
	one, isConst := c.tag.lookup("const")
	switch {
	case isEnum && isConst:
		return errors.New("tags enum and const exclude each other")
	case isConst:
		e = one
	case !isEnum:
		return nil
	}
	if c.form.ref {
		return fmt.Errorf("tag %s does not fit %s, which has its own values", e.key, describe(c.form.goType))
	}
	texts := make([]jsontext.Value, len(e.items))
	kinds := make(map[jsontext.Kind]bool)
	for i, item := range e.items {
		text, err := literal(c.form, item)
		if err != nil {
			return fmt.Errorf("tag %s: %w", e.key, err)
		}
		texts[i] = text
		kinds[text.Kind()] = true
	}
	if duplicated(texts) {
		return fmt.Errorf("tag %s has a value twice", e.key)
	}
	if c.form.class == isAnything && !kinds['n'] && len(kinds) == 1 {
		if name, ok := literalType(texts); ok {
			c.schema = parts{{"type", name}}
		}
	}
	c.form.literals = texts
	var values any = texts[0]
	if isEnum {
		values = jsonValues(texts)
	}
	c.schema = append(parts{{e.key, values}}, c.schema...)
	return nil
}

// literalType is the type that all literals of one kind have.
func literalType(texts []jsontext.Value) (string, bool) {
	switch texts[0].Kind() {
	case '"':
		return "string", true
	case 't', 'f':
		return "boolean", true
	case '0':
		if !slices.ContainsFunc(texts, func(t jsontext.Value) bool { return !isIntegral(t) }) {
			return "integer", true
		}
		return "number", true
	}
	return "", false
}

func isIntegral(text []byte) bool {
	d, ok := parseDecimal(text)
	return ok && d.isInteger()
}

func (c *constrainer) format() error {
	name := c.tag.value("format")
	if !c.tag.has("format") {
		return nil
	}
	_, asserted := formats[name]
	switch {
	case c.form.class == isMoment && name == "date":
		c.form.kind = formDate
	case c.form.class == isMoment && name != "date-time":
		return fmt.Errorf("tag format: a time.Time is a date-time or a date, not %q", name)
	case c.form.class == isBytes && name == "base64":
		c.form.kind = formBase64
	case c.form.class == isBytes && name != "binary":
		return fmt.Errorf("tag format: bytes are binary (UTF-8 text) or base64, not %q", name)
	case !asserted && !slices.Contains(moreFormats, name):
		return fmt.Errorf("tag format: unknown format %q; known are %v", name, append(sortedKeys(formats), moreFormats...))
	}
	c.schema = c.schema.set("format", name)
	return nil
}

var boundKeys = []string{"minimum", "exclusiveMinimum", "maximum", "exclusiveMaximum", "multipleOf"}

func (c *constrainer) bounds() error {
	bounds := &decimalBounds{}
	var schema parts
	for _, key := range boundKeys {
		if !c.tag.has(key) {
			continue
		}
		text := jsontext.Value(c.tag.value(key))
		if !text.IsValid() || text.Kind() != '0' {
			return fmt.Errorf("tag %s: %q is no number", key, text)
		}
		d, ok := parseDecimal(text)
		switch {
		case !ok:
			return fmt.Errorf("tag %s: %q is out of proportion", key, text)
		case c.form.class == isInteger && !d.isInteger():
			return fmt.Errorf("tag %s: %q is no integer, as the values of %s are", key, text, describe(c.form.goType))
		case key == "multipleOf" && d.sign() <= 0:
			return fmt.Errorf("tag %s: %q is not above zero", key, text)
		}
		bounds.set(key, d)
		schema = schema.with(key, text)
	}
	if schema == nil && c.form.class != isDecimals {
		return nil
	}
	if bounds.empty() {
		return errors.New("tags minimum and maximum leave no value")
	}
	if c.form.class != isDecimals {
		c.schema = append(schema, c.schema...)
		return nil
	}
	return c.decimal(bounds, schema)
}

// decimal keeps the bounds for the codec, too: in Pydantic's schema they stand
// at the number only, but decimals travel as text.
func (c *constrainer) decimal(bounds *decimalBounds, schema parts) error {
	digits, err := c.count("maxDigits")
	if err != nil {
		return err
	}
	places, err := c.count("decimalPlaces")
	if err != nil {
		return err
	}
	c.text = decimalPatternText(digits, places)
	c.schema = schema
	if digits < 0 && places < 0 && schema == nil {
		return nil
	}
	if pattern, ok := parseDecimalPattern(c.text); ok && (digits >= 0 || places >= 0) {
		bounds.pattern = &pattern
	}
	c.form.bounds = bounds
	return nil
}

// count reads a number of things, -1 if there is no such tag.
func (c *constrainer) count(key string) (int, error) {
	if !c.tag.has(key) {
		return -1, nil
	}
	n, err := strconv.ParseUint(c.tag.value(key), 10, 31)
	if err != nil {
		return 0, fmt.Errorf("tag %s: %q is no count", key, c.tag.value(key))
	}
	return int(n), nil
}

func (c *constrainer) sizes() error {
	for _, pair := range [][2]string{{"minLength", "maxLength"}, {"minItems", "maxItems"}, {"minProperties", "maxProperties"}} {
		low, err := c.count(pair[0])
		if err != nil {
			return err
		}
		high, err := c.count(pair[1])
		if err != nil {
			return err
		}
		if low > high && high >= 0 {
			return fmt.Errorf("tags %s and %s leave no value", pair[0], pair[1])
		}
		for i, n := range []int{low, high} {
			if n >= 0 {
				c.schema = c.schema.with(pair[i], n)
			}
		}
	}
	if c.tag.has("uniqueItems") {
		c.schema = c.schema.with("uniqueItems", true)
	}
	return nil
}

func (c *constrainer) pattern() error {
	if !c.tag.has("pattern") {
		return nil
	}
	text := c.tag.value("pattern")
	if _, err := compilePattern(text); err != nil {
		return fmt.Errorf("tag pattern: %q: %w", text, err)
	}
	c.schema = c.schema.with("pattern", text)
	return nil
}
