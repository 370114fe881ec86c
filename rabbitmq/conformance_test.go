package rabbitmq_test

import (
	"os"
	"testing"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
	"github.com/celerysalt/salt/rabbitmq"
	"github.com/celerysalt/salt/salttest"
)

// The suite that every transport passes, on a real broker.
func TestTransport(t *testing.T) {
	t.Parallel()
	url := os.Getenv("SALT_TEST_AMQP_URL")
	if url == "" {
		if os.Getenv("SALT_REQUIRE_ALL") == "1" {
			t.Fatal("SALT_TEST_AMQP_URL is not set, and SALT_REQUIRE_ALL=1 says that it must be: make services")
		}
		t.Skip("SKIPPED, NOT TESTED: needs a RabbitMQ at SALT_TEST_AMQP_URL; make services starts one")
	}
	channel := func(t *testing.T) *amqp.Channel {
		t.Helper()
		conn, err := amqp.Dial(url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		ch, err := conn.Channel()
		if err != nil {
			t.Fatal(err)
		}
		return ch
	}
	salttest.TestTransport(t, salttest.Fixture{
		Open: func(t *testing.T) salt.Transport {
			t.Helper()
			tr, err := rabbitmq.Open(url, nil)
			if err != nil {
				t.Fatal(err)
			}
			return tr
		},
		DeadLetters: func(t *testing.T, queue string, n int) []salttest.DeadLetter {
			t.Helper()
			ch := channel(t)
			var letters []salttest.DeadLetter
			for late := time.Now().Add(20 * time.Second); len(letters) < n; {
				d, ok, err := ch.Get(queue+".dead", true)
				if err != nil {
					t.Fatal(err)
				}
				if !ok {
					if time.Now().After(late) {
						t.Fatalf("%d dead letters of %q, want %d", len(letters), queue, n)
					}
					time.Sleep(10 * time.Millisecond)
					continue
				}
				reason, _ := d.Headers["x-salt-reason"].(string)
				handler, _ := d.Headers["x-salt-handler"].(string)
				letters = append(letters, salttest.DeadLetter{Reason: salt.Reason(reason), Handler: handler, Body: d.Body})
			}
			return letters
		},
		Inject: func(t *testing.T, e *celery.Envelope) {
			t.Helper()
			ch := channel(t)
			p := e.Properties
			if err := ch.Confirm(false); err != nil {
				t.Fatal(err)
			}
			dc, err := ch.PublishWithDeferredConfirm(e.Exchange, e.RoutingKey, true, false, amqp.Publishing{
				Headers: table(e.Headers), ContentType: p.ContentType, ContentEncoding: p.ContentEncoding, DeliveryMode: p.DeliveryMode,
				Priority: p.Priority, CorrelationId: p.CorrelationID, ReplyTo: p.ReplyTo, Expiration: p.Expiration,
				MessageId: p.MessageID, Timestamp: p.Timestamp, Type: p.Type, Body: e.Body,
			})
			if err != nil {
				t.Fatal(err)
			}
			if !dc.Wait() {
				t.Fatal("the broker refused the envelope")
			}
		},
	})
}

// table converts nested maps, which the library does not take.
func table(headers map[string]any) amqp.Table {
	t := amqp.Table{}
	for name, value := range headers {
		if m, ok := value.(map[string]any); ok {
			value = table(m)
		}
		t[name] = value
	}
	return t
}
