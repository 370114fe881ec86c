package main

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// With no broker doctor says precisely what failed and what to do.
func TestDoctorWithoutBroker(t *testing.T) {
	t.Parallel()
	mute, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0") // accepts, and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	for address, want := range map[string][2]string{
		"amqp://me:" + canary + "@127.0.0.1:1/":                  {"connection refused", "nothing listens there: start RabbitMQ"},
		"amqp://me:" + canary + "@nosuch.invalid/":               {"lookup nosuch.invalid", ""},
		"amqp://me:" + canary + "@" + mute.Addr().String() + "/": {"no answer within 5s", "the host does not answer as a broker"},
	} {
		address = strings.ReplaceAll(address, canary, url.PathEscape(canary))
		t.Run(want[0], func(t *testing.T) {
			t.Parallel()
			code, out, stderr := cli{}.run(t, "doctor", "--url", address)
			if code != exitFailed || stderr != "" || !strings.HasPrefix(out, "WRONG  ") || !strings.Contains(out, want[0]) ||
				!strings.Contains(out, "\n       remedy: "+want[1]) || strings.Contains(out, "Canary") {
				t.Errorf("%s: exit %d\n%s%s", address, code, out, stderr)
			}
			if strings.Contains(out, "no answer") {
				return // once is slow enough
			}
			code, out, stderr = cli{env: map[string]string{"SALT_URL": address}}.run(t, "doctor", "--json")
			var r report
			if err := json.Unmarshal([]byte(out), &r); code != exitFailed || stderr != "" || err != nil || r.OK || len(r.Findings) != 1 || r.Findings[0].Remedy == "" || strings.Contains(out, "Canary") {
				t.Errorf("%s: exit %d, %v\n%s%s", address, code, err, out, stderr)
			}
		})
	}
}

func TestDoctorInterrupted(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if code, out, err := (cli{}).start(ctx, "doctor", "--url", "amqp://127.0.0.1:1/").done(t); code != exitFailed || out != "" || !strings.Contains(err, "interrupted") {
		t.Errorf("exit %d, %q, %q", code, out, err)
	}
}

func TestDoctorLogin(t *testing.T) {
	t.Parallel()
	good, err := url.Parse(realBroker(t))
	if err != nil {
		t.Fatal(err)
	}
	wrongPassword, wrongVhost := *good, *good
	wrongPassword.User = url.UserPassword("guest", canary)
	wrongVhost.Path = "/nosuch"
	for address, want := range map[string][2]string{
		wrongPassword.String(): {"login refused: check name and password of user \"guest\"", "correct user and password"},
		wrongVhost.String():    {"vhost \"nosuch\" does not exist", "rabbitmqctl add_vhost"},
	} {
		code, out, stderr := cli{}.run(t, "doctor", "--url", address)
		if code != exitFailed || stderr != "" || !strings.Contains(out, want[0]) || !strings.Contains(out, want[1]) || strings.Contains(out, "Canary") {
			t.Errorf("%s: exit %d\n%s%s", address, code, out, stderr)
		}
	}
}

// On a real broker: a queue that is consumed, one that is not, one that is not
// there, and dead letters.
func TestDoctorQueues(t *testing.T) {
	t.Parallel()
	address := realBroker(t)
	ctl := os.Getenv("SALT_TEST_RABBITMQCTL")
	if ctl == "" {
		skip(t, "SALT_TEST_RABBITMQCTL is not set: start servers with make services")
	}
	name := demoWord()
	tr, err := rabbitmq.Open(address, &rabbitmq.Options{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	bus, err := salt.Open(t.Context(), tr, &salt.Options{Catalog: salt.NewCatalog(), Service: name, Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		for _, queue := range []string{name, name + deadSuffix} {
			if out, err := exec.Command(ctl, "delete_queue", queue).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		}
	})
	failed := make(chan struct{}, 1)
	salt.SubscribePattern(bus, name, func(context.Context, *salt.Message) error {
		failed <- struct{}{}
		return errors.New("no")
	})
	if err := bus.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	c := cli{env: map[string]string{"SALT_URL": address}}
	out := c.must(t, "doctor", "--queue", name)
	for _, want := range []string{
		"ok     broker: connected to amqp://guest@127.0.0.1:", "ok     version: RabbitMQ ", `ok     exchange "tchu_events" is a durable topic exchange`,
		`ok     queue "` + name + `" (quorum) has 1 consumer and 0 messages waiting`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	c.must(t, "publish", name, "{}", "--must-route")
	<-failed
	if err := bus.Close(t.Context()); err != nil { // and with it the dead letter is buried
		t.Fatal(err)
	}
	c.must(t, "publish", name, "{}", "--must-route")
	deadline := time.Now().Add(30 * time.Second)
	for {
		code, out, err := c.run(t, "doctor", "--queue", name, "--queue", name+".absent")
		ok := code == exitFailed && err == ""
		for _, want := range []string{
			`WRONG  queue "` + name + `" (quorum) has 1 message waiting and no consumer`, `WRONG  queue "` + name + `.dead" holds 1 dead letter`,
			`WRONG  queue "` + name + `.absent" does not exist`, "remedy: start its service", "x-salt-reason",
		} {
			ok = ok && strings.Contains(out, want)
		}
		if ok {
			break
		}
		if time.Now().After(deadline) { // the broker counts with a delay
			t.Fatalf("exit %d\n%s%s", code, out, err)
		}
		time.Sleep(100 * time.Millisecond)
	}
}

func TestExamine(t *testing.T) {
	t.Parallel()
	type d = rabbitmq.Diagnosis
	fine := rabbitmq.BrokerDiagnosis{URL: "amqp://h/", Product: "RabbitMQ", Version: "3.10.8", Connect: 1234567}
	old, other := fine, fine
	old.Version, other.Product = "3.9.29", "LavinMQ"
	for name, tt := range map[string]struct {
		d    d
		want []string // "check ok"
	}{
		"fine":     {d{Broker: fine}, []string{"broker true", "version true"}},
		"old":      {d{Broker: old}, []string{"broker true", "version false"}},
		"other":    {d{Broker: other}, []string{"broker true", "version false"}},
		"exchange": {d{Broker: fine, Exchanges: []rabbitmq.ExchangeDiagnosis{{Name: "e", Exists: true, Type: "fanout", Problem: "no topic"}, {Name: "e"}, {Name: "e", Exists: true}}}, []string{"broker true", "version true", "exchange false", "exchange true", "exchange true"}},
		"queue": {d{Broker: fine, Queues: []rabbitmq.QueueDiagnosis{
			{Name: "a", Exists: true, Consumers: 1}, {Name: "a.dead", Exists: true}, {Name: "b", Exists: true}, {Name: "b.dead"},
			{Name: "c", Exists: true, Consumers: 1, Problem: "locked"}, {Name: "e.dead", Exists: true},
		}}, []string{"broker true", "version true", "queue true", "queue false", "queue false", "queue true"}},
	} {
		r := examine(&tt.d, []string{"a", "b", "c", "e.dead"})
		var got []string
		ok := true
		for _, f := range r.Findings {
			word := " true"
			if !f.OK {
				word, ok = " false", false
			}
			got = append(got, f.Check+word)
			if f.OK != (f.Remedy == "") || f.Text == "" {
				t.Errorf("%s: a finding without text or with the wrong remedy: %+v", name, f)
			}
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || r.OK != ok {
			t.Errorf("%s: ok %t (-want +got):\n%s", name, r.OK, diff)
		}
	}
}
