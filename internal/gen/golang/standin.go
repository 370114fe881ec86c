package golang

import (
	"errors"
	"reflect"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/schema"
)

// Stand-ins take the place of types that are generated, so that the types which
// contain those can be reflected before they exist. Their names are short, for
// they are definitions in the schemas that are compared.
type (
	standStruct struct {
		All map[string]jsontext.Value `json:",embed"`
	}
	standText  string
	standInt   int64
	standFloat float64
	standOwn   struct{ jsontext.Value } // a type with JSONSchema

	standUnion   interface{ standIn() } // plain
	standTagged  interface{ standInTagged() }
	standVariant struct {
		Tag string `json:"tag" salt:"const=x"`
	}
)

func (standText) Values() []string   { return []string{"x"} }
func (standInt) Values() []int64     { return []int64{1} }
func (standFloat) Values() []float64 { return []float64{1} }
func (standVariant) standIn()        {}
func (standVariant) standInTagged()  {}
func (standOwn) JSONSchema() string  { return `{"saltOwn":true}` }

func init() {
	schema.RegisterUnion[standUnion]("", standVariant{})
	schema.RegisterUnion[standTagged]("tag", standVariant{})
}

// What stand-ins look like in a schema.
var (
	plainUnion = object{"anyOf": list{object{"$ref": quoted("#/$defs/standVariant")}}}
	tagged     = object{
		"oneOf": list{object{"$ref": quoted("#/$defs/standVariant")}},
		"discriminator": object{
			"propertyName": quoted("tag"), "mapping": object{"x": quoted("#/$defs/standVariant")},
		},
	}
)

func quoted(text string) jsontext.Value {
	value, _ := jsontext.AppendQuote(nil, text) // what is no UTF-8 cannot come from JSON
	return value
}

// A trial is what salt makes of a Go type.
type trial struct {
	schema   object // of the member
	required bool
	defs     object
}

// try reflects a struct with one field of the type and the tags.
func try(t reflect.Type, jsonTag string, name string, salt string) (tr trial, err error) {
	defer func() {
		if p := recover(); p != nil { // reflect.StructOf refuses some types by panicking
			err = errors.New("reflect cannot make the type")
		}
	}()
	tag := "json:" + quoteTag(jsonTag)
	if salt != "" {
		tag += " salt:" + quoteTag(salt)
	}
	holder := reflect.StructOf([]reflect.StructField{{Name: "F", Type: t, Tag: reflect.StructTag(tag)}})
	made, err := schema.Of(holder)
	if err != nil {
		return trial{}, err
	}
	var doc struct {
		Properties map[string]jsontext.Value `json:"properties"`
		Required   []string                  `json:"required"`
		Defs       jsontext.Value            `json:"$defs"`
	}
	if err := json.Unmarshal(made.Schema().JSON(), &doc); err != nil {
		return trial{}, err
	}
	property, ok := normal(doc.Properties[name]).(object)
	if !ok {
		return trial{}, errors.New("the member is not there")
	}
	defs, _ := normal(doc.Defs).(object)
	return trial{schema: property, required: len(doc.Required) > 0, defs: defs}, nil
}
