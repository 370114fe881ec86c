package interop_test

import (
	"context"
	"fmt"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	amqp "github.com/rabbitmq/amqp091-go"
)

// makeVirtualHosts gives every configuration a virtual host of its own, so that
// all use the same topics and queues, and removes them at the end. One call of
// rabbitmqctl for all, because each costs a second.
func makeVirtualHosts(t *testing.T, names []string) {
	t.Helper()
	ctl := need(t, "SALT_TEST_RABBITMQCTL")
	list := `<<"` + strings.Join(names, `">>,<<"`) + `">>`
	eval := func(ctx context.Context, code string) error {
		if out, err := exec.CommandContext(ctx, ctl, "eval", code).CombinedOutput(); err != nil {
			return fmt.Errorf("rabbitmqctl eval %s: %w\n%s", code, err, out)
		}
		return nil
	}
	if err := eval(t.Context(), `[begin ok = rabbit_vhost:add(V, <<"test">>),
		ok = rabbit_auth_backend_internal:set_permissions(<<"guest">>, V, <<".*">>, <<".*">>, <<".*">>, <<"test">>) end || V <- [`+list+`]].`); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := eval(context.Background(), `[rabbit_vhost:delete(V, <<"test">>) || V <- [`+list+`]].`); err != nil {
			t.Error(err)
		}
	})
}

// virtualHost returns the broker's URL with another virtual host.
func virtualHost(t *testing.T, name string) string {
	t.Helper()
	u, err := url.Parse(need(t, "SALT_TEST_AMQP_URL"))
	if err != nil {
		t.Fatal(err)
	}
	return u.JoinPath(name).String()
}

// A broker is a plain AMQP connection beside Salt's, for what only bytes show.
type broker struct {
	conn    *amqp.Connection
	version string
}

func dialBroker(t *testing.T, url string) *broker {
	t.Helper()
	conn, err := amqp.Dial(url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	version, _ := conn.Properties["version"].(string)
	return &broker{conn: conn, version: version}
}

func (b *broker) channel(t *testing.T) *amqp.Channel {
	t.Helper()
	ch, err := b.conn.Channel()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { ch.Close() })
	return ch
}

// tap returns the raw messages that are published with the routing key from now
// on. On a topic without handlers it counts as one.
func (b *broker) tap(t *testing.T, key string) <-chan amqp.Delivery {
	t.Helper()
	ch := b.channel(t)
	q, err := ch.QueueDeclare("", false, true, true, false, nil)
	if err == nil {
		err = ch.ExchangeDeclare("tchu_events", "topic", true, false, false, false, nil)
	}
	if err == nil {
		err = ch.QueueBind(q.Name, key, "tchu_events", false, nil)
	}
	if err != nil {
		t.Fatal(err)
	}
	return consume(t, ch, q.Name)
}

func consume(t *testing.T, ch *amqp.Channel, queue string) <-chan amqp.Delivery {
	t.Helper()
	deliveries, err := ch.Consume(queue, "", true, false, false, false, nil)
	if err != nil {
		t.Fatal(err)
	}
	return deliveries
}

// collectDead files the dead letters of a queue under the ids of their messages.
func (b *broker) collectDead(t *testing.T, queue string, into *inbox[amqp.Delivery]) {
	t.Helper()
	deliveries := consume(t, b.channel(t), queue)
	go func() { // ends with its channel
		for d := range deliveries {
			id, _ := d.Headers["id"].(string)
			into.add(d, id)
		}
	}()
}
