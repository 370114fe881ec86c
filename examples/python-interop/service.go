package main

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
)

// A service is the Go service. Its handlers tell the conversation what they
// hear, so that it is printed where it belongs.
type service struct {
	shipped, asked ear
}

func newService() *service { return &service{shipped: make(ear), asked: make(ear)} }

func (s *service) subscribe(bus *salt.Bus) {
	salt.Subscribe(bus, s.onShipped)
	getStock.Handle(bus, s.stock)
}

func (s *service) onShipped(ctx context.Context, o *OrderShipped) error {
	return s.shipped.tell(ctx, "got OrderShipped: order %d, by %s, due %s", o.OrderID, o.Carrier, o.Due().Format("2 January"))
}

func (s *service) stock(ctx context.Context, q *GetStock) (*Stock, error) {
	if err := s.asked.tell(ctx, "is asked for %d of %s", q.Count, q.Item); err != nil {
		return nil, err
	}
	if q.Count > 2 {
		return nil, &StockError{Code: "SOLD_OUT", Message: "not that many", Left: 2}
	}
	return &Stock{Shelf: "B4", Boxes: []string{"green", "black"}[:q.Count]}, nil
}

// An ear carries lines from a handler to the conversation.
type ear chan string

func (e ear) tell(ctx context.Context, format string, args ...any) error {
	select {
	case e <- fmt.Sprintf(format, args...):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (e ear) hear(ctx context.Context) (string, error) {
	select {
	case line := <-e:
		return line, nil
	case <-ctx.Done():
		return "", fmt.Errorf("waiting for a handler: %w", context.Cause(ctx))
	}
}
