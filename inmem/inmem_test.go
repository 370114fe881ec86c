package inmem_test

import (
	"context"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/salttest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTransport(t *testing.T) {
	t.Parallel()
	broker := inmem.NewBroker()
	salttest.TestTransport(t, salttest.Fixture{
		Open: func(*testing.T) salt.Transport { return broker.Open() },
		DeadLetters: func(t *testing.T, queue string, n int) (letters []salttest.DeadLetter) {
			t.Helper()
			t.Helper()
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			defer cancel()
			for _, d := range broker.WaitDeadLetters(ctx, queue, n) {
				letters = append(letters, salttest.DeadLetter{Reason: d.Reason, Handler: d.Header["x-salt-handler"], Body: d.Envelope.Body})
			}
			return letters
		},
		Inject: func(_ *testing.T, e *celery.Envelope) { broker.Publish(e) },
	})
}
