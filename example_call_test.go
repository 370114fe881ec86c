package salt_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// ListBooks has a bare list for a response.
type ListBooks struct {
	salt.RPC[[]string, *salt.RPCError]
	Author string `json:"author"`
}

var listBooks = salt.Define[ListBooks]("library.books.list")

func (*ListBooks) Definition() *salt.Definition[ListBooks] { return listBooks }

// CountBooks inherits the fields of ListBooks and overrides only the response:
// the RPC embedded nearer counts.
type CountBooks struct {
	salt.RPC[BookCount, *salt.RPCError]
	ListBooks
}

// BookCount is a response.
type BookCount struct {
	N int `json:"n"`
}

var countBooks = salt.Define[CountBooks]("library.books.count")

func (*CountBooks) Definition() *salt.Definition[CountBooks] { return countBooks }

// BurnBooks is a request that nobody handles.
type BurnBooks struct {
	salt.RPC[BookCount, *salt.RPCError]
}

var burnBooks = salt.Define[BurnBooks]("library.books.burn")

func (*BurnBooks) Definition() *salt.Definition[BurnBooks] { return burnBooks }

func ExampleCall() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), nil)
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	books := map[string][]string{"Woolf": {"Orlando", "The Waves"}}
	salt.Handle(bus, func(ctx context.Context, q *ListBooks) (*[]string, error) {
		list := books[q.Author]
		return &list, nil
	})
	salt.Handle(bus, func(ctx context.Context, q *CountBooks) (*BookCount, error) {
		return &BookCount{N: len(books[q.Author])}, nil
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	woolf := ListBooks{Author: "Woolf"}
	list, err := salt.Call(ctx, bus, &woolf)
	if err != nil {
		panic(err)
	}
	count, err := salt.Call(ctx, bus, &CountBooks{ListBooks: woolf})
	if err != nil {
		panic(err)
	}
	fmt.Println(*list, count.N)

	// Nobody listens: told at once, without waiting for the deadline.
	_, err = salt.Call(ctx, bus, &BurnBooks{})
	fmt.Println(errors.Is(err, salt.ErrNoHandler))
	// Output:
	// [Orlando The Waves] 2
	// true
}
