package interop_test

import (
	"context"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/uuid"
)

// eventsFromPython are events from Python to Go.
var eventsFromPython = cellGroup{
	name:    "event, Python to Go",
	dialect: celerySalt,
	handle:  handlePythonOrders,
	cells: []cell{
		{name: "simple style to simple style", run: pythonOrder("to go simple", "order.simple.go.simple")},
		{name: "simple style to class style", run: pythonOrder("to go class", "order.simple.go.class")},
		{name: "class style to simple style", absent: noClasses, run: pythonOrder("class to go simple", "order.class.go.simple")},
		{name: "class style to class style", absent: noClasses, run: pythonOrder("class to go class", "order.class.go.class")},
	},
}

var (
	fromSimple = salt.DefineEvent[order]("order.simple.go.simple")
	fromClass  = salt.DefineEvent[order]("order.class.go.simple")
)

type orderFromSimple struct {
	salt.Event
	order
}

var orderFromSimpleEvent = salt.Define[orderFromSimple]("order.simple.go.class")

func (*orderFromSimple) Definition() *salt.Definition[orderFromSimple] { return orderFromSimpleEvent }

type orderFromClass struct {
	salt.Event
	order
}

var orderFromClassEvent = salt.Define[orderFromClass]("order.class.go.class")

func (*orderFromClass) Definition() *salt.Definition[orderFromClass] { return orderFromClassEvent }

func handlePythonOrders(c *config) {
	all := salt.AllVersions() // celery-salt 1.0.0 sends none
	for topic, e := range map[string]*salt.EventType[order]{"order.simple.go.simple": fromSimple, "order.class.go.simple": fromClass} {
		e.Subscribe(c.bus, func(ctx context.Context, o *order) error {
			c.saw(ctx, topic, *o, o.Tag)
			return nil
		}, all)
	}
	salt.Subscribe(c.bus, func(ctx context.Context, e *orderFromSimple) error {
		c.saw(ctx, "order.simple.go.class", e.order, e.Tag)
		return nil
	}, all)
	salt.Subscribe(c.bus, func(ctx context.Context, e *orderFromClass) error {
		c.saw(ctx, "order.class.go.class", e.order, e.Tag)
		return nil
	}, all)
}

func pythonOrder(event, topic string) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		tag := uuid.NewString()
		coupon := "ÄÖÜ"
		a := c.driver().must(t, command{"do": "publish", "event": event, "fields": map[string]any{
			"tag": tag, "order_id": 7, "amount": 1.5, "note": "\u2028 𝔘", "tags": []string{}, "coupon": coupon,
		}})
		info := c.seenByGo(t, a.ID, topic, order{Tag: tag, ID: 7, Amount: 1.5, Note: "\u2028 𝔘", Tags: []string{}, Coupon: &coupon})
		want := map[string]any{"Topic": topic, "Version": c.sentVersion("v1"), "RPC": false, "Dialect": salt.CelerySalt, "Redelivered": false}
		sameFields(t, info, want)
	}
}

// sentVersion is what the Python side sends for a version: 1.0.0 sends none.
func (c *config) sentVersion(v string) string {
	if c.env == oldestEnv {
		return ""
	}
	return v
}
