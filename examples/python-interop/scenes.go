package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
)

// goSpeaks is what Go tells and asks Python.
func (c *conversation) goSpeaks(ctx context.Context) error {
	c.scene("Go tells Python: an event")
	c.say("Go", "publishes OrderPlaced: order 7, TEA, 450 cents")
	if _, err := orderPlaced.Publish(ctx, c.bus, &OrderPlaced{OrderID: 7, Item: "TEA", Cents: 450}, salt.MustRoute()); err != nil {
		return err
	}
	if err := c.hear(ctx, "Python", c.worker); err != nil {
		return err
	}

	c.scene("Go asks Python: a request and its typed response")
	if err := c.askPrice(ctx, "TEA"); err != nil {
		return err
	}
	c.scene("Go asks Python and is refused: a typed error")
	return c.askPrice(ctx, "MUD")
}

func (c *conversation) askPrice(ctx context.Context, item string) error {
	c.say("Go", "calls GetPrice: "+item)
	price, err := getPrice.Call(ctx, c.bus, &GetPrice{Item: item})
	refused, ok := errors.AsType[*salt.RPCError](err)
	if err != nil && !ok {
		return err
	}
	if err := c.hear(ctx, "Python", c.worker); err != nil {
		return err
	}
	if refused != nil {
		c.say("Go", fmt.Sprintf("got %T: %s, item %v", refused, refused.Code, refused.Details["item"]))
	} else {
		c.say("Go", fmt.Sprintf("got %T: %d cents in %s", price, price.Cents, price.Currency))
	}
	return nil
}

// pythonSpeaks is what Python tells and asks Go; client.py leads.
func (c *conversation) pythonSpeaks(ctx context.Context) error {
	c.scene("Python tells Go: an event of a class with a method")
	if err := errors.Join(c.hear(ctx, "Python", c.client), c.hear(ctx, "Go", c.golang.shipped)); err != nil {
		return err
	}
	for _, scene := range []string{"Python asks Go: a request and its typed response", "Python asks Go and is refused: a typed error"} {
		c.scene(scene)
		if err := errors.Join(c.hear(ctx, "Python", c.client), c.hear(ctx, "Go", c.golang.asked), c.hear(ctx, "Python", c.client)); err != nil {
			return err
		}
	}
	return nil
}

func (c *conversation) scene(title string) {
	c.scenes++
	fmt.Fprintf(c.out, "\n%d. %s\n", c.scenes, title)
}

func (c *conversation) say(who, what string) { fmt.Fprintf(c.out, "   %-7s %s\n", who, what) }

// A source tells what happens on one side.
type source interface {
	hear(ctx context.Context) (string, error)
}

// hear shows the next thing that a side tells.
func (c *conversation) hear(ctx context.Context, who string, from source) error {
	line, err := from.hear(ctx)
	if err != nil {
		return err
	}
	c.say(who, line)
	return nil
}
