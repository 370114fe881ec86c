package inmem_test

import (
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
			for range 1000 {
				if dead := broker.DeadLetters(queue); len(dead) >= n {
					for _, d := range dead {
						letters = append(letters, salttest.DeadLetter{Reason: d.Reason, Handler: d.Header["x-salt-handler"], Body: d.Envelope.Body})
					}
					return letters
				}
				time.Sleep(5 * time.Millisecond)
			}
			t.Fatalf("queue %s has %d dead letters, want %d", queue, len(broker.DeadLetters(queue)), n)
			return nil
		},
		Inject: func(_ *testing.T, e *celery.Envelope) { broker.Publish(e) },
	})
}
