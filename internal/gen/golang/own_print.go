package golang

import (
	"fmt"
	"strings"
)

func (o *ownType) declare(p *printer) {
	quoted := literalTag(o.schema)
	switch {
	case o.base != "":
		p.comment(o.name + " is of type " + o.base + " with a schema of its own.")
		p.line("type %s %s", o.name, o.base)
		p.line("")
		if o.values != nil {
			p.constants(o.name, o.base, o.values)
		}
		p.comment("MarshalJSON writes the value.")
		p.line("func (v %s) MarshalJSON() ([]byte, error) { return json.Marshal(%s(v)) }", o.name, o.base)
		p.line("")
		p.comment("UnmarshalJSON reads the value.")
		p.line("func (v *%s) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, (*%s)(v)) }", o.name, o.base)
	case o.value != "":
		p.comment(o.name + " holds a value of type " + o.value + ", nil for null.")
		p.line("type %s struct{ Value *%s }", o.name, o.value)
		p.line("")
		p.comment("MarshalJSON writes the value.")
		p.line("func (v %s) MarshalJSON() ([]byte, error) { return json.Marshal(v.Value) }", o.name)
		p.line("")
		p.comment("UnmarshalJSON reads the value.")
		p.line("func (v *%s) UnmarshalJSON(data []byte) error { return json.Unmarshal(data, &v.Value) }", o.name)
	case o.fields != nil:
		o.printTuple(p)
	default:
		p.comment(o.name + " is JSON as it stands, for Go's types do not say its schema.")
		p.line("type %s struct {", o.name)
		if o.embed != "" {
			p.line("%s", o.embed)
		}
		p.line("json.RawMessage")
		p.line("}")
		p.line("")
		otherwise, value := "an error if there is none", fmt.Sprintf("nil, errors.New(%q)", "the "+o.name+" is empty; set its RawMessage")
		if o.null {
			otherwise, value = "null if there is none", `[]byte("null"), nil`
		}
		p.comment("MarshalJSON returns the JSON, and " + otherwise + ".")
		p.line("func (v %s) MarshalJSON() ([]byte, error) {", o.name)
		p.line("if len(v.RawMessage) == 0 {")
		p.line("return %s", value)
		p.line("}")
		p.line("return v.RawMessage, nil")
		p.line("}")
	}
	p.line("")
	p.comment("JSONSchema returns the schema as the contract says it.")
	p.line("func (%s) JSONSchema() string { return %s }", o.name, quoted)
	p.line("")
}

func (o *ownType) printTuple(p *printer) {
	p.comment(o.name + " is a list of so many values in this order.")
	p.line("type %s struct {", o.name)
	var values, pointers []string
	for _, f := range o.fields {
		p.line("%s %s", f.name, f.expr)
		values, pointers = append(values, "v."+f.name), append(pointers, "&v."+f.name)
	}
	p.line("}")
	p.line("")
	p.comment("MarshalJSON writes the list.")
	p.line("func (v %s) MarshalJSON() ([]byte, error) { return json.Marshal([]any{%s}) }", o.name, strings.Join(values, ", "))
	p.line("")
	p.comment("UnmarshalJSON reads the list.")
	p.line("func (v *%s) UnmarshalJSON(data []byte) error {", o.name)
	p.line("return json.Unmarshal(data, &[]any{%s})", strings.Join(pointers, ", "))
	p.line("}")
}
