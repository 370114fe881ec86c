package schema_test

import (
	"fmt"
	"reflect"
	"time"

	"github.com/celerysalt/salt/schema"
)

type Priority string

// Values makes Priority an enum.
func (Priority) Values() []Priority { return []Priority{"low", "high"} }

type Task struct {
	Title    string         `json:"title" salt:"minLength=1,maxLength=80"`
	Priority Priority       `json:"priority" salt:"default=low"`
	Budget   schema.Decimal `json:"budget" salt:"minimum=0"`
	Limit    *time.Duration `json:"limit"`
}

func ExampleOf() {
	task, err := schema.Of(reflect.TypeFor[Task]())
	if err != nil {
		panic(err) // names the type and the field
	}
	fmt.Println(task.Schema())
	// Output:
	// {"$defs":{"Priority":{"enum":["low","high"],"title":"Priority","type":"string"}},"properties":{"title":{"type":"string","minLength":1,"maxLength":80,"title":"Title"},"priority":{"$ref":"#/$defs/Priority","default":"low"},"budget":{"anyOf":[{"minimum":0,"type":"number"},{"pattern":"^(?!^[-+.]*$)[+-]?0*\\d*\\.?\\d*$","type":"string"}],"title":"Budget"},"limit":{"anyOf":[{"format":"duration","type":"string"},{"type":"null"}],"title":"Limit","default":null}},"required":["title","budget"],"title":"Task","type":"object"}
}

func ExampleOf_misspelt() {
	type Typo struct {
		Name string `json:"name" salt:"maxLenght=80"`
	}
	_, err := schema.Of(reflect.TypeFor[Typo]())
	fmt.Println(err)
	// Output: reflect schema of schema_test.Typo: schema_test.Typo, field Name: unknown tag "maxLenght", did you mean maxLength?
}

func ExampleType_Marshal() {
	task, err := schema.Of(reflect.TypeFor[Task]())
	if err != nil {
		panic(err)
	}
	limit := 90 * time.Second
	text, err := task.Marshal(&Task{Title: "Water the plants", Priority: "high", Budget: "12.50", Limit: &limit})
	fmt.Println(string(text), err)
	// Output: {"title":"Water the plants","priority":"high","budget":"12.50","limit":"PT1M30S"} <nil>
}

func ExampleType_Decode() {
	task, err := schema.Of(reflect.TypeFor[Task]())
	if err != nil {
		panic(err)
	}
	var t Task
	err = task.Decode([]byte(`{"title": "Water the plants", "budget": 12.50}`), &t)
	fmt.Println(t.Title, t.Priority, t.Budget, err)
	err = task.Decode([]byte(`{"title": "", "budget": "a lot"}`), &t)
	fmt.Println(err)
	// Output:
	// Water the plants low 12.50 <nil>
	// /title: minLength: expected at least 1 character, got 0 characters; /budget: pattern: expected a decimal number, got string
}

type Shape interface{ Area() float64 }

type Square struct {
	Kind string  `json:"kind" salt:"const=square"`
	Side float64 `json:"side"`
}

type Disc struct {
	Kind   string  `json:"kind" salt:"const=disc"`
	Radius float64 `json:"radius"`
}

func (s Square) Area() float64 { return s.Side * s.Side }
func (d Disc) Area() float64   { return 3.14 * d.Radius * d.Radius }

// Once per program, before the first use.
func init() { schema.RegisterUnion[Shape]("kind", Square{}, Disc{}) }

func ExampleRegisterUnion() {
	drawing, err := schema.Of(reflect.TypeFor[[]Shape]())
	if err != nil {
		panic(err)
	}
	var shapes []Shape
	if err := drawing.Unmarshal([]byte(`[{"kind": "square", "side": 2}, {"kind": "disc", "radius": 10}]`), &shapes); err != nil {
		panic(err)
	}
	for _, s := range shapes {
		fmt.Printf("%T %.0f\n", s, s.Area())
	}
	// Output:
	// schema_test.Square 4
	// schema_test.Disc 314
}
