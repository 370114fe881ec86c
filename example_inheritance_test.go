package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// Shape is a parent with a hook that calls a method.
type Shape struct {
	salt.Event
	Kind string `json:"kind"`
}

var shape = salt.Define[Shape]("drawing.shape")

func (*Shape) Definition() *salt.Definition[Shape] { return shape }
func (*Shape) Name() string                        { return "shape" }

func (s *Shape) OnPublish(ctx context.Context, next func(context.Context) error) error {
	s.Kind = s.Name() // always Shape's own Name
	return next(ctx)
}

// Circle has a topic, a field and a Name of its own, and the parent's hook.
type Circle struct {
	Shape
	Radius float64 `json:"radius"`
}

var circle = salt.Define[Circle]("drawing.circle")

func (*Circle) Definition() *salt.Definition[Circle] { return circle }
func (*Circle) Name() string                         { return "circle" }

// Square overrides the hook as well, so that its own Name counts.
type Square struct {
	Shape
	Side float64 `json:"side"`
}

var square = salt.Define[Square]("drawing.square")

func (*Square) Definition() *salt.Definition[Square] { return square }
func (*Square) Name() string                         { return "square" }

func (s *Square) OnPublish(ctx context.Context, next func(context.Context) error) error {
	return s.Shape.OnPublish(ctx, func(ctx context.Context) error { // super()
		s.Kind = s.Name() // after the parent's hook, before the event is sent
		return next(ctx)
	})
}

// Embedding is not Python's inheritance: a method of the parent never calls
// what the child overrides.
func ExampleDefine_inheritance() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), nil)
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)

	c, s := &Circle{Radius: 1}, &Square{Side: 2}
	if _, err := salt.Publish(ctx, bus, c); err != nil {
		panic(err)
	}
	if _, err := salt.Publish(ctx, bus, s); err != nil {
		panic(err)
	}
	fmt.Println("a circle was sent as", c.Kind)
	fmt.Println("a square was sent as", s.Kind)
	// Output:
	// a circle was sent as shape
	// a square was sent as square
}
