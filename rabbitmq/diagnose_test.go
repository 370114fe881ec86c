package rabbitmq

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

func TestDiagnose(t *testing.T) {
	t.Parallel()
	url := brokerURL(t)
	b := newBed(t, url)
	fanout := fresh("fanout")
	if err := b.ch.ExchangeDeclare(fanout, "fanout", true, false, false, false, nil); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.ch.ExchangeDelete(fanout, false, false) })
	tr := open(t, url, nil)
	_, stop := consume(t, tr, b.q(), new(received).handle)
	stop()
	if err := tr.Send(within(t, 5*time.Second), b.event()); err != nil {
		t.Fatal(err)
	}
	absent := fresh("absent")
	d, err := Diagnose(within(t, 10*time.Second), url, nil, []string{salt.DefaultExchange, fanout, absent}, []string{b.queue, absent})
	if err != nil {
		t.Fatal(err)
	}
	if d.Broker.Product != "RabbitMQ" || d.Broker.Version == "" || d.Broker.Problem != "" || d.Broker.Connect <= 0 {
		t.Errorf("broker %+v", d.Broker)
	}
	e := d.Exchanges
	if !e[0].Exists || e[0].Type != "topic" || e[0].Problem != "" {
		t.Errorf("the topic exchange: %+v", e[0])
	}
	if !e[1].Exists || e[1].Type != "fanout" || !strings.Contains(e[1].Problem, "topic exchange") {
		t.Errorf("the fanout exchange: %+v", e[1])
	}
	if e[2].Exists || e[2].Problem != "" {
		t.Errorf("the absent exchange: %+v", e[2])
	}
	q := d.Queues
	if !q[0].Exists || q[0].Type != "quorum" || q[0].Messages != 1 || q[0].Consumers != 0 || !strings.Contains(q[0].Problem, "no consumer") {
		t.Errorf("the abandoned queue: %+v", q[0])
	}
	if q[1].Exists || q[1].Problem == "" {
		t.Errorf("the absent queue: %+v", q[1])
	}
}

func TestDiagnoseUnreachable(t *testing.T) {
	t.Parallel()
	p, url := newProxy(t, brokerURL(t))
	p.setDown(true)
	d, err := Diagnose(t.Context(), url, nil, nil, nil)
	if err != nil || d.Broker.Problem == "" || d.Broker.Version != "" {
		t.Errorf("%+v, %v", d, err)
	}
	d, err = Diagnose(t.Context(), withPassword(brokerURL(t), "canary"), nil, nil, nil)
	if err != nil || !strings.Contains(d.Broker.Problem, "login refused") || strings.Contains(d.Broker.Problem, "canary") {
		t.Errorf("%+v, %v", d, err)
	}
	p.setDown(false)
	p.shut(fromBroker)
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if _, err := Diagnose(ctx, url, nil, nil, nil); err == nil {
		t.Error("no error although the context ended")
	}
	if _, err := Diagnose(t.Context(), "http://canary", nil, nil, nil); err == nil || strings.Contains(err.Error(), "canary") {
		t.Errorf("malformed: %v", err)
	}
}
