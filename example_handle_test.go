package salt_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// Account is a response.
type Account struct {
	Owner string `json:"owner"`
}

// AccountError is the declared error. Its member error_code is how callers,
// Python's too, tell it from a response.
type AccountError struct {
	Code string `json:"error_code"`
	ID   int64  `json:"id"`
}

func (e *AccountError) Error() string { return fmt.Sprintf("%s: account %d", e.Code, e.ID) }

// GetAccount is a request: it declares its response and its error.
type GetAccount struct {
	salt.RPC[Account, *AccountError]
	ID int64 `json:"id" salt:"minimum=1"`
}

var getAccount = salt.Define[GetAccount]("account.get")

func (*GetAccount) Definition() *salt.Definition[GetAccount] { return getAccount }

func ExampleHandle() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), &salt.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)
	salt.Handle(bus, func(ctx context.Context, q *GetAccount) (*Account, error) {
		switch q.ID {
		case 1:
			return &Account{Owner: "ann"}, nil
		case 2: // the declared error reaches the caller, also when it is wrapped
			return nil, fmt.Errorf("look up: %w", &AccountError{Code: "NOT_FOUND", ID: q.ID})
		}
		return nil, errors.New("password of the database: hunter2") // any other is logged here
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	account, err := salt.Call(ctx, bus, &GetAccount{ID: 1}) // *Account, inferred
	fmt.Println(account.Owner, err)

	_, err = salt.Call(ctx, bus, &GetAccount{ID: 2})
	if refused, ok := errors.AsType[*AccountError](err); ok {
		fmt.Println(refused.Code, refused.ID)
	}

	_, err = salt.Call(ctx, bus, &GetAccount{ID: 3})
	if remote, ok := errors.AsType[*salt.RemoteError](err); ok {
		fmt.Println(remote.Kind, remote.Message)
	}

	_, err = salt.Call(ctx, bus, &GetAccount{}) // not even sent
	if invalid, ok := errors.AsType[*salt.ValidationError](err); ok {
		fmt.Println(invalid.Part, invalid.Fields[0].Pointer)
	}
	// Output:
	// ann <nil>
	// NOT_FOUND 2
	// handler_error internal error
	// payload /id
}
