package main

import (
	"fmt"
	"time"

	"github.com/celerysalt/salt"
)

// The contract: the same two events and two requests stand in contract.py.

// OrderPlaced is what Go tells Python. The simple style: a payload, one line.
type OrderPlaced struct {
	OrderID int64  `json:"order_id" salt:"minimum=1"`
	Item    string `json:"item"`
	Cents   int64  `json:"cents"`
	Gift    bool   `json:"gift,omitzero" salt:"default=false"`
}

var orderPlaced = salt.DefineEvent[OrderPlaced]("examples.python.order.placed")

// OrderShipped is what Python tells Go. The class style: it has a method.
type OrderShipped struct {
	salt.Event

	OrderID   int64     `json:"order_id"`
	Carrier   string    `json:"carrier"`
	ShippedAt time.Time `json:"shipped_at"`
}

var orderShipped = salt.Define[OrderShipped]("examples.python.order.shipped", salt.Version("v2"))

// Definition ties the class to its topic.
func (*OrderShipped) Definition() *salt.Definition[OrderShipped] { return orderShipped }

// Due is when the parcel should arrive.
func (o *OrderShipped) Due() time.Time { return o.ShippedAt.AddDate(0, 0, 2) }

// GetPrice is what Go asks Python.
type GetPrice struct {
	Item string `json:"item"`
}

// Price is Python's answer; its error is celery-salt's RPCError.
type Price struct {
	Cents    int64  `json:"cents"`
	Currency string `json:"currency"`
}

var getPrice = salt.DefineRPC[GetPrice, Price, *salt.RPCError]("examples.python.price.get")

// GetStock is what Python asks Go.
type GetStock struct {
	Item  string `json:"item"`
	Count int64  `json:"count" salt:"minimum=1"`
}

// Stock is Go's answer.
type Stock struct {
	Shelf string   `json:"shelf"`
	Boxes []string `json:"boxes"`
}

// StockError is Go's error, with a member of its own.
type StockError struct {
	Code    string `json:"error_code"`
	Message string `json:"error_message"`
	Left    int64  `json:"left"`
}

func (e *StockError) Error() string { return fmt.Sprintf("%s: %d left", e.Code, e.Left) }

var getStock = salt.DefineRPC[GetStock, Stock, *StockError]("examples.python.stock.get")
