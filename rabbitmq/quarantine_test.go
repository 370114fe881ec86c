package rabbitmq

import (
	"encoding/base64"
	"fmt"
	"testing"
	"time"

	"context"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
)

// pidAddress makes a direct reply-to address of a made-up process.
func pidAddress(node string, tail int) string {
	b := append([]byte{termVersion, termNewPID, termAtomUTF8, 0, byte(len(node))}, node...)
	b = append(b, make([]byte, tail)...)
	return directReplyTo + "." + base64.StdEncoding.EncodeToString(b) + ".AAAA"
}

func TestNodeOf(t *testing.T) {
	t.Parallel()
	// As RabbitMQ 3.10.8 gave it out.
	node, ok := nodeOf("amq.rabbitmq.reply-to.g1h2AA5yZXBseUAyMjcxNjUxNgAAAyAAAAACawSp1g==.FWObAivK2Ft6nah58WZ7wQ==")
	if !ok || node != string([]byte{termNewPID, termAtomUTF8})+"reply@22716516" {
		t.Errorf("node %q, %t", node, ok)
	}
	other, ok := nodeOf(pidAddress("reply@22716516", 12))
	if !ok || other != node {
		t.Errorf("another process of the same node: %q, %t", other, ok)
	}
	for _, bad := range []string{
		"", "queue", directReplyTo, directReplyTo + ".", directReplyTo + ".a.b", directReplyTo + ".!!.b",
		pidAddress("reply@22716516", 11), pidAddress("reply@22716516", 13), pidAddress("", 12),
		directReplyTo + "." + base64.StdEncoding.EncodeToString([]byte{131, 97, 5, 1}) + ".x",
	} {
		if _, ok := nodeOf(bad); ok {
			t.Errorf("%q passes for well-formed", bad)
		}
	}
}

func FuzzNodeOf(f *testing.F) {
	f.Add("amq.rabbitmq.reply-to.g1h2AA5yZXBseUAyMjcxNjUxNgAAAyAAAAACawSp1g==.FWObAivK2Ft6nah58WZ7wQ==")
	f.Add(directReplyTo + ".g2dkAA==.x")
	f.Fuzz(func(t *testing.T, address string) {
		if node, ok := nodeOf(address); ok && len(node) < 3 {
			t.Errorf("%q: node %q", address, node)
		}
	})
}

// A request may name any reply address. One that makes the broker close the
// connection must not cost anybody but itself.
func TestHostileReplyAddress(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	log := new(logBuffer)
	server := open(t, url, &Options{Logger: log.logger()})
	got := new(received)
	consume(t, server, b.requests(), func(ctx context.Context, m *salt.Message) (*salt.Reply, error) {
		_, _ = got.handle(ctx, m)
		return &salt.Reply{ID: m.ID, Body: []byte("1")}, nil
	})
	client := open(t, url, nil)
	call := func() {
		t.Helper()
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		if r, err := client.Request(ctx, b.request(ctx)); err != nil || string(r.Body) != "1" {
			t.Errorf("an honest caller got %+v, %v", r, err)
		}
	}
	call()
	hostile := []string{
		fresh("no.such.queue"), directReplyTo + ".garbage", directReplyTo + ".g2dkAA==.x", directReplyTo + ".a.b",
		pidAddress("reply@1", 12), pidAddress("reply@22716516", 3), pidAddress("nohost", 12), "\xff",
	}
	for i, address := range hostile {
		if err := b.ch.Publish("", b.queue, true, false, amqp.Publishing{
			ContentType: "application/json", ReplyTo: address, CorrelationId: "c",
			Headers: amqp.Table{"task": "celery_salt.dispatch_event", "id": fmt.Sprint("id", i)},
			Body:    []byte(`[["{\"_tchu_meta\":{\"is_rpc\":true}}"],{"routing_key":"x"},{}]`),
		}); err != nil {
			t.Fatalf("%q: %v", address, err)
		}
		call()
	}
	eventually(t, 20*time.Second, "all handled and acknowledged", func() bool {
		n, _ := count(t, url, b.queue)
		return n == 0 && got.n.Load() == int64(2*len(hostile)+1)
	})
	_, made, _ := server.publish.state()
	if made != 1 {
		t.Errorf("hostile addresses cost %d publishing connections\n%s", made-1, log)
	}
}
