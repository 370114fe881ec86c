package schema_test

import (
	"encoding/json"

	"github.com/celerysalt/salt/schema"
)

// Types of the twins that have methods or parameters. The others stand within
// the functions below, so that they can have the names they have in Python.
type (
	Color    string
	Num      int
	S        string
	Currency string

	Page[T any] struct {
		Items []T `json:"items"`
		Total int `json:"total" salt:"default=0"`
	}
	Env[T any] struct {
		Data T    `json:"data"`
		OK   bool `json:"ok" salt:"default=true"`
	}

	Folder struct {
		Name  string `json:"name"`
		Files []File `json:"files" salt:"default=[]"`
	}
	File struct {
		Name   string  `json:"name"`
		Folder *Folder `json:"folder"`
	}

	Pet interface{ pet() }
	Cat struct {
		Kind  string `json:"kind" salt:"const=cat"`
		Lives int    `json:"lives" salt:"default=9"`
	}
	Dog struct {
		Kind string `json:"kind" salt:"enum=dog|puppy"`
		Good bool   `json:"good"`
	}

	AorB interface{ aOrB() }
	A    struct {
		A int `json:"a"`
	}
	B struct {
		B string `json:"b"`
	}

	// intsInText is Pydantic's Json[list[int]].
	intsInText []int
	// intAndText is Python's tuple[int, str].
	intAndText struct {
		Int  int
		Text string
	}
)

func (Color) Values() []Color       { return []Color{"red", "blue"} }
func (Num) Values() []int           { return []int{1, 2} }
func (S) Values() []string          { return []string{"a"} }
func (Currency) Values() []Currency { return []Currency{"EUR", "USD"} }
func (Cat) pet()                    {}
func (*Dog) pet()                   {}
func (A) aOrB()                     {}
func (B) aOrB()                     {}

func init() {
	schema.RegisterUnion[Pet]("kind", Cat{}, &Dog{})
	schema.RegisterUnion[AorB]("", A{}, B{})
}

func (intsInText) JSONSchema() string {
	return `{"contentMediaType":"application/json","contentSchema":{"items":{"type":"integer"},"type":"array"},"type":"string"}`
}

func (l intsInText) MarshalJSON() ([]byte, error) { return json.Marshal(append([]int{}, l...)) }

func (l *intsInText) UnmarshalJSON(data []byte) error {
	var text string
	if json.Unmarshal(data, &text) == nil {
		data = []byte(text)
	}
	return json.Unmarshal(data, (*[]int)(l))
}

func (intAndText) JSONSchema() string {
	return `{"maxItems":2,"minItems":2,"prefixItems":[{"type":"integer"},{"type":"string"}],"type":"array"}`
}

func (t intAndText) MarshalJSON() ([]byte, error) { return json.Marshal([]any{t.Int, t.Text}) }

func (t *intAndText) UnmarshalJSON(data []byte) error {
	return json.Unmarshal(data, &[]any{&t.Int, &t.Text})
}

// namedTuple is Python's NamedTuple with a default.
type namedTuple struct{ intAndText }

func (namedTuple) JSONSchema() string {
	return `{"maxItems":2,"minItems":1,"prefixItems":[{"title":"X","type":"integer"},{"default":"d","title":"Y","type":"string"}],"type":"array"}`
}

func (t *namedTuple) UnmarshalJSON(data []byte) error {
	t.Text = "d"
	return json.Unmarshal(data, &[]any{&t.Int, &t.Text})
}
