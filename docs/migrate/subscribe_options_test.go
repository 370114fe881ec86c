package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/celerysalt/salt"
)

type PaymentReceived struct {
	OrderID int64 `json:"order_id"`
}

var paymentReceived = salt.DefineEvent[PaymentReceived]("payment.received")

// AnyPayment is what all topics of the pattern have in common.
type AnyPayment struct {
	OrderID int64 `json:"order_id"`
}

var errLedgerAway = errors.New("the ledger is away")

// retrying calls h again, in place: it holds one of the queue's slots meanwhile,
// and a restart of the process begins anew.
func retrying[T any](more int, pause time.Duration, h func(context.Context, *T) error) func(context.Context, *T) error {
	return func(ctx context.Context, v *T) error {
		for attempt := 1; ; attempt++ {
			err := h(ctx, v)
			if !errors.Is(err, errLedgerAway) || attempt > more {
				return err // nil, final, or once too often: to the dead letters
			}
			select {
			case <-time.After(pause):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
}

func subscribePayments(bus *salt.Bus) {
	attempts := 0
	book := func(ctx context.Context, p *PaymentReceived) error {
		if attempts++; attempts < 3 {
			return errLedgerAway
		}
		fmt.Println("booked", p.OrderID, "at attempt", attempts)
		return nil
	}
	paymentReceived.Subscribe(bus, retrying(3, time.Millisecond, book),
		salt.Name("book"),                   // its name in logs and dead letters
		salt.Concurrency(1),                 // calls of it that run at once
		salt.HandlerTimeout(10*time.Second), // Python's soft_time_limit
		salt.OnQueue("guide.book"),          // a queue of its own: it delays nobody
	)
	salt.SubscribePattern(bus, "payment.#", func(ctx context.Context, p *AnyPayment) error {
		fmt.Println("audit", p.OrderID)
		return nil
	})
}

func pay(ctx context.Context, bus *salt.Bus) error {
	_, err := paymentReceived.Publish(ctx, bus, &PaymentReceived{OrderID: 7})
	return err
}

func Example_subscribeOptions() {
	onBus(subscribePayments, pay)
	// Unordered output:
	// audit 7
	// booked 7 at attempt 3
}
