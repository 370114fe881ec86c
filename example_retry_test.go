package salt_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
)

// flaky stands for a broker whose first confirm is lost on the way.
type flaky struct{ ids []string }

func (f *flaky) Send(_ context.Context, m *salt.Message) error {
	if f.ids = append(f.ids, m.ID); len(f.ids) == 1 {
		return &salt.PublishError{Topic: m.Topic, ID: m.ID, Outcome: salt.Unknown, Err: salt.ErrNotConfirmed}
	}
	return nil
}

type Ping struct{}

var ping = salt.DefineEvent[Ping]("ops.ping")

// A publish ends confirmed, refused or unknown. A retry keeps the message id,
// by which a receiver that has seen the first attempt knows the second.
func ExampleRetryable() {
	ctx := context.Background()
	var broker flaky
	id, err := ping.Publish(ctx, &broker, &Ping{}) // verbs take any salt.Sender
	for salt.Retryable(err) {
		if failed, ok := errors.AsType[*salt.PublishError](err); ok {
			fmt.Println("outcome:", failed.Outcome)
		}
		id, err = ping.Publish(ctx, &broker, &Ping{}, salt.MessageID(id))
	}
	fmt.Println("error:", err)
	fmt.Println("attempts:", len(broker.ids), "same id:", broker.ids[0] == broker.ids[1])
	// Output:
	// outcome: unknown
	// error: <nil>
	// attempts: 2 same id: true
}
