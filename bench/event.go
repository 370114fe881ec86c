package main

import (
	"time"

	"github.com/celerysalt/salt"
)

// An order is about 300 bytes of JSON.
type order struct {
	OrderID   int64     `json:"order_id"`
	Customer  string    `json:"customer" salt:"maxLength=80"`
	Email     string    `json:"email" salt:"maxLength=120"`
	Currency  string    `json:"currency" salt:"minLength=3,maxLength=3"`
	Amount    float64   `json:"amount" salt:"minimum=0"`
	Express   bool      `json:"express"`
	PlacedAt  time.Time `json:"placed_at"`
	Note      *string   `json:"note"`
	Tags      []string  `json:"tags"`
	Addresses []address `json:"addresses"`
}

type address struct {
	Street string `json:"street"`
	City   string `json:"city"`
}

const (
	placedTopic = "bench.order.placed"
	quoteTopic  = "bench.order.quote"
)

var (
	placed   = salt.DefineEvent[order](placedTopic)
	getQuote = salt.DefineRPC[order, order, *salt.RPCError](quoteTopic)
)

func newOrder(id int) *order {
	return &order{
		OrderID: int64(id), Customer: "Ada Lovelace", Email: "ada@example.com", Currency: "EUR", Amount: 129.5,
		PlacedAt: time.Date(2026, 11, 23, 10, 20, 30, 0, time.UTC), Tags: []string{"new", "gift", "winter"},
		Addresses: []address{{"12 St James's Square", "London"}, {"Rue de Rivoli 1", "Paris"}},
	}
}
