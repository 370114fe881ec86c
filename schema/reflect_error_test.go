package schema_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt/schema"
)

type (
	selfMade     struct{ _ int }
	selfMadeList []int
	writeOnly    string
	badSchema    string
	noValues     string
	twoValues    string
	unregistered interface{ none() }
	selfSlice    []selfSlice
	selfMap      map[string]selfMap
	selfPointer  *selfPointer
	promoter     struct{}
	notAnObject  struct{ A int }
)

func (selfMade) MarshalJSON() ([]byte, error)     { return nil, nil }
func (*selfMade) UnmarshalJSON([]byte) error      { return nil }
func (selfMadeList) MarshalJSON() ([]byte, error) { return nil, nil }
func (*selfMadeList) UnmarshalJSON([]byte) error  { return nil }
func (writeOnly) MarshalText() ([]byte, error)    { return nil, nil }
func (badSchema) JSONSchema() string              { return `{"type":"strnig"}` }
func (badSchema) MarshalText() ([]byte, error)    { return nil, nil }
func (noValues) Values() []noValues               { return nil }
func (twoValues) Values() []string                { return []string{"a", "a"} }
func (promoter) MarshalJSON() ([]byte, error)     { return []byte("{}"), nil }
func (notAnObject) MarshalJSON() ([]byte, error)  { return json.Marshal("text") }
func (*notAnObject) UnmarshalJSON([]byte) error   { return nil }

// badType is a struct with one mistake in its field F.
func badType(field string, typ reflect.Type) func() reflect.Type {
	return func() reflect.Type {
		return reflect.StructOf([]reflect.StructField{{Name: "F", Type: typ, Tag: reflect.StructTag(field)}})
	}
}

func TestOfErrors(t *testing.T) {
	t.Parallel()
	text, integer := reflect.TypeFor[string](), reflect.TypeFor[int]()
	list, float := reflect.TypeFor[[]int](), reflect.TypeFor[float64]()
	for name, tt := range map[string]struct {
		of   func() reflect.Type
		want []string
	}{
		"misspelt tag":          {badType(`salt:"minLenght=3"`, text), []string{"field F", `"minLenght"`, "did you mean minLength?"}},
		"unknown tag":           {badType(`salt:"colour=red"`, text), []string{"field F", `"colour"`, "known are", "maxLength"}},
		"tag twice":             {badType(`salt:"minLength=3,minLength=4"`, text), []string{"field F", "minLength is given twice"}},
		"tag without value":     {badType(`salt:"minLength"`, text), []string{"field F", "minLength needs a value"}},
		"flag with value":       {badType(`salt:"required=yes"`, text), []string{"field F", "required takes no value"}},
		"comma too many":        {badType(`salt:"minLength=3,"`, text), []string{"field F", "empty key"}},
		"quote missing":         {badType(`salt:"pattern='a"`, text), []string{"field F", "quote is missing"}},
		"text behind quote":     {badType(`salt:"pattern='a'b"`, text), []string{"field F", "comma is missing"}},
		"single backslash":      {badType(`salt:"pattern=\d"`, text), []string{"field F", "malformed", "backslashes doubled"}},
		"blank in the tag":      {badType(`salt: "minLength=1"`, text), []string{"field F", "malformed"}},
		"count":                 {badType(`salt:"minLength=-1"`, text), []string{"field F", "minLength", `"-1"`, "no count"}},
		"number":                {badType(`salt:"minimum=low"`, integer), []string{"field F", "minimum", `"low"`, "no number"}},
		"number like Go's":      {badType(`salt:"minimum=.5"`, float), []string{"field F", "minimum", `".5"`}},
		"fraction":              {badType(`salt:"minimum=0.5"`, integer), []string{"field F", "minimum", "no integer"}},
		"multiple of zero":      {badType(`salt:"multipleOf=0"`, integer), []string{"field F", "multipleOf", "above zero"}},
		"empty range":           {badType(`salt:"minimum=3,exclusiveMaximum=3"`, integer), []string{"field F", "leave no value"}},
		"empty lengths":         {badType(`salt:"minLength=3,maxLength=2"`, text), []string{"field F", "leave no value"}},
		"number on string":      {badType(`salt:"minimum=3"`, text), []string{"field F", "minimum does not fit string"}},
		"length on number":      {badType(`salt:"maxLength=3"`, integer), []string{"field F", "maxLength does not fit int"}},
		"items on string":       {badType(`salt:"minItems=3"`, text), []string{"field F", "minItems does not fit"}},
		"properties on slice":   {badType(`salt:"minProperties=3"`, list), []string{"field F", "minProperties does not fit"}},
		"digits on float":       {badType(`salt:"maxDigits=3"`, float), []string{"field F", "maxDigits does not fit"}},
		"enum on slice":         {badType(`salt:"enum=1|2"`, list), []string{"field F", "enum does not fit"}},
		"enum of an enum":       {badType(`salt:"enum=red"`, reflect.TypeFor[Color]()), []string{"field F", "has its own values"}},
		"enum and const":        {badType(`salt:"enum=a,const=a"`, text), []string{"field F", "exclude each other"}},
		"enum twice":            {badType(`salt:"enum=a|a"`, text), []string{"field F", "twice"}},
		"enum of another type":  {badType(`salt:"enum=1|x"`, integer), []string{"field F", `"x" is no value of int`}},
		"pattern":               {badType(`salt:"pattern='a(?=b)'"`, text), []string{"field F", "pattern", "RE2"}},
		"format":                {badType(`salt:"format=emial"`, text), []string{"field F", `"emial"`, "email"}},
		"format of time":        {badType(`salt:"format=email"`, reflect.TypeFor[time.Time]()), []string{"field F", "time.Time", `"email"`}},
		"format of bytes":       {badType(`salt:"format=hex"`, reflect.TypeFor[[]byte]()), []string{"field F", "base64", `"hex"`}},
		"default of other type": {badType(`salt:"default=x"`, integer), []string{"field F", "default", `"x" is no value of int`}},
		"default overflows":     {badType(`salt:"default=300"`, reflect.TypeFor[uint8]()), []string{"field F", "default", "uint8"}},
		"default no JSON":       {badType(`salt:"default=a"`, list), []string{"field F", "default", "no JSON"}},
		"default null":          {badType(`salt:"default=null"`, integer), []string{"field F", "default", `"null"`}},
		"default below minimum": {badType(`salt:"minimum=3,default=2"`, integer), []string{"field F", "default does not fit", "minimum"}},
		"default not in enum":   {badType(`salt:"enum=a|b,default=c"`, text), []string{"field F", "default does not fit", "enum"}},
		"default of an enum":    {badType(`salt:"default=green"`, reflect.TypeFor[Color]()), []string{"field F", "default does not fit", "enum"}},
		"default and pattern":   {badType(`salt:"pattern=^a$,default=b"`, text), []string{"field F", "default does not fit", "pattern"}},
		"default and format":    {badType(`salt:"format=email,default=b"`, text), []string{"field F", "default does not fit", "format"}},
		"default too short":     {badType(`salt:"minItems=1,default=[]"`, list), []string{"field F", "default does not fit", "minItems"}},
		"default of optional":   {badType(`salt:"minimum=3,default=2"`, reflect.TypeFor[*int]()), []string{"field F", "default does not fit", "minimum"}},
		"default of struct": {badType(`salt:"default={}"`, reflect.TypeFor[struct {
			A string `json:"a" salt:"minLength=1"`
		}]()), []string{"field F", "default does not fit", "/a", "minLength"}},
		"default of decimal":      {badType(`salt:"minimum=3,default=2"`, reflect.TypeFor[schema.Decimal]()), []string{"field F", "default", "minimum"}},
		"example":                 {badType(`salt:"examples=1|x"`, integer), []string{"field F", "examples", `"x"`}},
		"required and optional":   {badType(`salt:"required,optional"`, text), []string{"field F", "contradict"}},
		"required and default":    {badType(`salt:"required,default=x"`, text), []string{"field F", "default is not required"}},
		"required and omitzero":   {badType(`json:",omitzero" salt:"required"`, text), []string{"field F", "contradicts omitzero"}},
		"json option":             {badType(`json:"f,string"`, integer), []string{"field F", `"string" is not supported`}},
		"json name":               {badType(`json:"'f'"`, integer), []string{"field F", "quotes"}},
		"json tag malformed":      {badType(`json: "f"`, integer), []string{"field F", "malformed"}},
		"embed of no map":         {badType(`json:",embed"`, integer), []string{"field F", "embed is for a map"}},
		"salt on ignored":         {badType(`json:"-" salt:"minimum=1"`, integer), []string{"field F", "no member"}},
		"channel":                 {badType(``, reflect.TypeFor[chan int]()), []string{"field F", "chan int", `json:"-"`}},
		"function":                {badType(``, reflect.TypeFor[func()]()), []string{"field F", "func()"}},
		"complex":                 {badType(``, reflect.TypeFor[complex128]()), []string{"field F", "complex128"}},
		"deep":                    {badType(``, reflect.TypeFor[map[string][]*func()]()), []string{"field F", "func()"}},
		"map key":                 {badType(``, reflect.TypeFor[map[float64]int]()), []string{"field F", "member name"}},
		"interface":               {badType(``, reflect.TypeFor[unregistered]()), []string{"field F", "unregistered", "salt.Union"}},
		"own JSON without schema": {badType(``, reflect.TypeFor[selfMadeList]()), []string{"field F", "selfMadeList", "JSONSchema() string"}},
		"own JSON without fields": {badType(``, reflect.TypeFor[selfMade]()), []string{"field F", "selfMade", "JSONSchema() string"}},
		"own JSON is no object":   {badType(``, reflect.TypeFor[notAnObject]()), []string{"field F", "notAnObject", "no object"}},
		"writes only":             {badType(``, reflect.TypeFor[writeOnly]()), []string{"field F", "writeOnly", "not both"}},
		"bad JSONSchema":          {badType(``, reflect.TypeFor[badSchema]()), []string{"field F", "badSchema.JSONSchema"}},
		"enum without values":     {badType(``, reflect.TypeFor[noValues]()), []string{"field F", "noValues.Values returns none"}},
		"enum with values twice":  {badType(``, reflect.TypeFor[twoValues]()), []string{"field F", "twoValues.Values", "twice"}},
		"endless slice":           {badType(``, reflect.TypeFor[selfSlice]()), []string{"field F", "contains itself"}},
		"endless map":             {badType(``, reflect.TypeFor[selfMap]()), []string{"field F", "contains itself"}},
		"endless pointer":         {badType(``, reflect.TypeFor[selfPointer]()), []string{"field F", "contains itself"}},
		"no type":                 {func() reflect.Type { return nil }, []string{"no type"}},
		"one name twice": {func() reflect.Type {
			return reflect.StructOf([]reflect.StructField{ // go vet would see it in a literal
				{Name: "A", Type: integer, Tag: `json:"x"`}, {Name: "B", Type: integer, Tag: `json:"x"`},
			})
		}, []string{"A and B", `"x"`}},
		"one name in two embedded": {func() reflect.Type {
			type E1 struct{ A int }
			type E2 struct{ A int }
			type T struct {
				E1
				E2
			}
			return reflect.TypeFor[T]()
		}, []string{".T:", "E1.A and E2.A", `"A"`}},
		"two maps": {func() reflect.Type {
			type T struct {
				A map[string]int `json:",embed"`
				B map[string]int `json:",embed"`
			}
			return reflect.TypeFor[T]()
		}, []string{".T:", "A and B", "unknown members"}},
		"strict with map": {func() reflect.Type {
			type T struct {
				_ struct{}       `salt:"strict"`
				A map[string]int `json:",embed"`
			}
			return reflect.TypeFor[T]()
		}, []string{".T:", "strict contradicts"}},
		"strict and open": {func() reflect.Type {
			type T struct {
				_ struct{} `salt:"strict,open"`
				A int
			}
			return reflect.TypeFor[T]()
		}, []string{".T:", "contradict"}},
		"struct tag": {func() reflect.Type {
			type T struct {
				_ struct{} `salt:"stirct"`
				A int
			}
			return reflect.TypeFor[T]()
		}, []string{".T:", "field _", `"stirct"`, "strict?"}},
		"unexported with tag": {func() reflect.Type {
			type T struct {
				a int `salt:"minimum=1"`
				B int
			}
			_ = T{a: 1}
			return reflect.TypeFor[T]()
		}, []string{".T, field a", "no member"}},
		"embedded pointer": {func() reflect.Type {
			type E struct{ A int }
			type T struct{ *E }
			return reflect.TypeFor[T]()
		}, []string{".T, field E", "no pointer"}},
		"embedded with tag": {func() reflect.Type {
			type E struct{ A int }
			type T struct {
				E `salt:"required"`
			}
			return reflect.TypeFor[T]()
		}, []string{".T, field E", "salt tag"}},
		"embedded with option": {func() reflect.Type {
			type E struct{ A int }
			type T struct {
				E `json:",omitzero"`
			}
			return reflect.TypeFor[T]()
		}, []string{".T, field E", "JSON name"}},
		"promoted MarshalJSON": {func() reflect.Type {
			type T struct {
				promoter
				A int `json:"a"`
			}
			return reflect.TypeFor[T]()
		}, []string{".T, field promoter", "MarshalJSON", `"a"`}},
		"nested": {func() reflect.Type {
			type U struct{ C chan int }
			type T struct{ L []U }
			return reflect.TypeFor[T]()
		}, []string{".T, field L", ".U, field C", "chan int"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			typ, err := schema.Of(tt.of())
			if err == nil {
				t.Fatalf("no error but %s", typ.Schema())
			}
			for _, part := range tt.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("error %q lacks %q", err, part)
				}
			}
		})
	}
}
