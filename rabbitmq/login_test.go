package rabbitmq

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

func TestPasswordNeverShows(t *testing.T) {
	t.Parallel()
	const canary = "canary-tGx7%40Zq"
	log := new(logBuffer)
	tr := open(t, withPassword(brokerURL(t), canary), &Options{Logger: log.logger(), BackoffMax: 50 * time.Millisecond})
	b := &bed{topic: fresh("topic")}
	eventually(t, 20*time.Second, "the refusal shows", func() bool { return strings.Contains(tr.Health().Detail, "login refused") })
	err := tr.Send(within(t, 300*time.Millisecond), b.event())
	wantPublishError(t, err, salt.Refused, salt.ErrUnavailable)
	_, rerr := tr.Request(within(t, 300*time.Millisecond), b.event())
	ctx, cancel := context.WithCancel(t.Context())
	status := newStatusLog()
	done := make(chan error, 1)
	go func() { done <- tr.Consume(ctx, salt.Queue{Name: "x", Status: status.add}, nil) }()
	eventually(t, 10*time.Second, "status told", func() bool { status.mu.Lock(); defer status.mu.Unlock(); return len(status.all) > 0 })
	cancel()
	cerr := <-done
	status.mu.Lock()
	out := fmt.Sprintf("%v %+v %#v | %v | %v | %v | %+v | %v | %#v", err, err, err, rerr, cerr, status.all, tr.Health(), log, tr.at)
	status.mu.Unlock()
	if strings.Contains(out, "tGx7") {
		t.Errorf("the password shows in: %s", out)
	}
	if !strings.Contains(out, `user "guest"`) {
		t.Errorf("no remedy in: %s", out)
	}
}
