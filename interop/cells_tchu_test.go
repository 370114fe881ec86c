package interop_test

import (
	"context"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/uuid"
)

// tchuEvents are events between Go and tchu-tchu.
var tchuEvents = cellGroup{
	name:    "tchu-tchu event",
	dialect: tchuTchu,
	handle: func(c *config) {
		fromTchu.Subscribe(c.bus, func(ctx context.Context, o *order) error {
			c.saw(ctx, "tchu.go.order", *o, o.Tag)
			return nil
		})
	},
	cells: []cell{
		{name: "Go to Python", run: goToTchu},
		{name: "Python to Go", run: tchuToGo},
	},
}

var (
	toTchu   = salt.DefineEvent[order]("tchu.order", salt.WithDialect(salt.TchuTchu))
	fromTchu = salt.DefineEvent[order]("tchu.go.order")
)

func goToTchu(t *testing.T, c *config) {
	tag := uuid.NewString()
	id, err := toTchu.Publish(t.Context(), c.bus, &order{Tag: tag, ID: 1, Amount: 12, Note: "ü", Tags: []string{"a"}})
	if err != nil {
		t.Fatal(err)
	}
	// Without a schema nobody makes a float of the number 12.
	c.seenByPython(t, id, "tchu.order", `{"tag": `+jsonText(tag)+`, "order_id": 1, "amount": 12, "note": "ü", "tags": ["a"], "express": false, "coupon": null}`)
	c.dispatchedByPython(t, id, 1)
}

func tchuToGo(t *testing.T, c *config) {
	tag := uuid.NewString()
	c.driver().must(t, command{"do": "tchu publish", "topic": "tchu.go.order", "fields": map[string]any{
		"tag": tag, "order_id": 7, "amount": 1.5, "note": "ü", "tags": []string{}, "coupon": nil,
	}})
	info := c.seenByGo(t, tag, "tchu.go.order", order{Tag: tag, ID: 7, Amount: 1.5, Note: "ü", Tags: []string{}})
	sameFields(t, info, map[string]any{"Topic": "tchu.go.order", "Version": "", "Dialect": salt.TchuTchu})
}
