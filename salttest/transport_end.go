package salttest

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

func testDrain(t *testing.T, k *kit) {
	topic, tr := k.name("slow"), k.open()
	started, release, finished := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	stop := k.consume(k.open(), k.queue(k.name("q"), topic), func(ctx context.Context, _ *salt.Message) (*salt.Reply, error) {
		close(started)
		<-release
		finished <- ctx.Err()
		return nil, nil
	})
	k.send(tr, k.message(topic, `{}`))
	receive(k, started)
	stopped := make(chan struct{})
	go func() {
		stop()
		close(stopped)
	}()
	runtime.Gosched()
	nothing(k, stopped)
	close(release)
	if err := receive(k, finished); err != nil {
		t.Errorf("the handler's context was cancelled within the drain time: %v", err)
	}
	receive(k, stopped)
	again := k.collect(k.open(), k.name("q"), topic)
	k.send(tr, k.message(topic, `{"second":true}`))
	if m := receive(k, again); !sameJSON(m.Body, []byte(`{"second":true}`)) {
		t.Errorf("a handled message was delivered again: %s", m.Body)
	}
}

func testDrainOver(t *testing.T, k *kit) {
	topic, tr := k.name("stuck"), k.open()
	started := make(chan struct{})
	q := k.queue(k.name("q"), topic)
	q.Drain = 50 * time.Millisecond
	var calls atomic.Int32
	stop := k.consume(k.open(), q, func(ctx context.Context, _ *salt.Message) (*salt.Reply, error) {
		if calls.Add(1) == 1 {
			close(started)
		}
		<-ctx.Done()
		return nil, ctx.Err()
	})
	m := k.message(topic, `{}`)
	id := m.ID
	k.send(tr, m)
	receive(k, started)
	stop()
	if got := receive(k, k.collect(k.open(), k.name("q"), topic)); got.ID != id || !got.Redelivered {
		t.Errorf("got message %s, redelivered %v; want %s again", got.ID, got.Redelivered, id)
	}
}

func testCloseCuts(t *testing.T, k *kit) {
	topic, tr := k.name("cut"), k.Open(t)
	started, cut := make(chan struct{}), make(chan error, 1)
	k.consume(tr, k.queue(k.name("q"), topic), func(ctx context.Context, _ *salt.Message) (*salt.Reply, error) {
		close(started)
		<-ctx.Done()
		cut <- ctx.Err()
		return nil, ctx.Err()
	})
	k.send(k.open(), k.message(topic, `{}`))
	receive(k, started)
	over, cancel := context.WithCancel(t.Context())
	cancel()
	if err := tr.Close(over); err == nil {
		t.Error("Close with a handler running and no time says that all is well")
	}
	if err := receive(k, cut); err == nil {
		t.Error("the handler's context was not cancelled")
	}
}

func testGiveBack(t *testing.T, k *kit) {
	topic := k.name("back")
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	began := make(chan struct{})
	stop := k.consume(k.open(), k.queue(k.name("q"), topic), func(context.Context, *salt.Message) (*salt.Reply, error) {
		close(began)
		<-ctx.Done() // the end, as the bus would see it
		return nil, fmt.Errorf("waiting: %w", salt.ErrGiveBack)
	})
	m := k.message(topic, `{}`)
	id := m.ID
	k.send(k.open(), m)
	receive(k, began)
	go cancel()
	stop()
	if got := receive(k, k.collect(k.open(), k.name("q"), topic)); got.ID != id {
		t.Errorf("got message %s, want %s again", got.ID, id)
	}
}
