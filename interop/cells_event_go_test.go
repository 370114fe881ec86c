package interop_test

import (
	"context"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/uuid"
)

// eventsToPython are events from Go to Python.
var eventsToPython = cellGroup{
	name:    "event, Go to Python",
	dialect: celerySalt,
	cells: []cell{
		{name: "simple style to simple style", run: goOrder("simple", "simple", publishSimple(simpleToSimple))},
		{name: "simple style to class style", absent: noClasses, run: goOrder("simple", "class", publishSimple(simpleToClass))},
		{name: "class style to simple style", run: goOrder("class", "simple", func(ctx context.Context, c *config, o order) (string, error) {
			return salt.Publish(ctx, c.bus, &classToSimple{order: o})
		})},
		{name: "class style to class style", absent: noClasses, run: goOrder("class", "class", func(ctx context.Context, c *config, o order) (string, error) {
			return salt.Publish(ctx, c.bus, &classToClass{order: o})
		})},
	},
}

// An order is the payload of both sides' first event.
type order struct {
	Tag     string   `json:"tag"`
	ID      int64    `json:"order_id"`
	Amount  float64  `json:"amount"`
	Note    string   `json:"note"`
	Tags    []string `json:"tags"`
	Express bool     `json:"express" salt:"default=false"`
	Coupon  *string  `json:"coupon"`
}

var (
	simpleToSimple = salt.DefineEvent[order]("order.simple.simple")
	simpleToClass  = salt.DefineEvent[order]("order.simple.class")
)

type classToSimple struct {
	salt.Event
	order
}

var classToSimpleEvent = salt.Define[classToSimple]("order.class.simple")

func (*classToSimple) Definition() *salt.Definition[classToSimple] { return classToSimpleEvent }

type classToClass struct {
	salt.Event
	order
}

var classToClassEvent = salt.Define[classToClass]("order.class.class")

func (*classToClass) Definition() *salt.Definition[classToClass] { return classToClassEvent }

type publishOrder func(ctx context.Context, c *config, o order) (string, error)

func publishSimple(e *salt.EventType[order]) publishOrder {
	return func(ctx context.Context, c *config, o order) (string, error) {
		return e.Publish(ctx, c.bus, &o, salt.MustRoute())
	}
}

func goOrder(from, to string, publish publishOrder) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		tag := uuid.NewString()
		id, err := publish(t.Context(), c, order{Tag: tag, ID: 1<<53 + 1, Amount: 12, Note: "Grüße 🚀 \"quoted\"", Tags: []string{"a", "b"}, Express: true})
		if err != nil {
			t.Fatal(err)
		}
		r := c.seenByPython(t, id, "order."+from+"."+to, `{
			"tag": `+jsonText(tag)+`, "order_id": 9007199254740993, "amount": 12.0, "note": "Grüße 🚀 \"quoted\"",
			"tags": ["a", "b"], "express": true, "coupon": null}`)
		if r.Arg != "Order" { // the model rebuilt from the schema, or the class
			t.Errorf("the handler's argument is a %s, want an Order", r.Arg)
		}
		c.dispatchedByPython(t, id, 1)
	}
}
