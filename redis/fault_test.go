package redis_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/redis"
)

// hasty are options under which a fault is noticed quickly.
func hasty() *redis.Options {
	return &redis.Options{
		Logger: slog.New(slog.DiscardHandler), ConnectWait: 100 * time.Millisecond, CommandTimeout: 500 * time.Millisecond,
		CheckInterval: 200 * time.Millisecond, BackoffMin: 10 * time.Millisecond, BackoffMax: 50 * time.Millisecond,
	}
}

// TestCrash kills the server under calls that wait: what is answered after its
// return, and what was only stored while nobody could listen, arrives.
func TestCrash(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	caller, service := open(t, s.url(), hasty()), open(t, s.url(), hasty())
	later, missed := request(), request()
	pLater, pMissed := await(t, caller, later.ID), await(t, caller, missed.ID)
	got := make(chan *salt.Reply, 1)
	go func() {
		r, err := pMissed.Wait(patience(t))
		if err != nil {
			t.Errorf("Wait: %v", err)
		}
		got <- r
	}()
	s.kill()
	eventually(t, "the loss is noticed", func() bool { return caller.Health() != nil && service.Health() != nil })
	if err := caller.Health(); !errors.Is(err, salt.ErrUnavailable) {
		t.Errorf("Health: %v, want salt.ErrUnavailable", err)
	}
	if p, err := caller.Await(patience(t), "x"); !errors.Is(err, salt.ErrUnavailable) {
		t.Errorf("Await: %v, %v; want salt.ErrUnavailable", p, err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	if err := service.Store(ctx, later, answer(later, `1`)); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Store: %v, want its deadline", err)
	}
	if _, err := pLater.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Wait: %v, want its deadline", err)
	}
	if n := redis.Subjects(caller); n != 2 {
		t.Errorf("%d subjects after an Await that failed, want the 2 before it", n)
	}
	// Stored by a plain client before anybody else gets in, unpublished: only a
	// look at the key finds it.
	s.args = append(s.args, "--requirepass", "locked")
	s.start()
	first := plain(t, "redis://:locked@"+s.addr())
	value := `{"status":"SUCCESS","result":"stored","task_id":"` + missed.ID + `"}`
	if err := first.Set(patience(t), "celery-task-meta-"+missed.ID, value, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if err := first.ConfigSet(patience(t), "requirepass", "").Err(); err != nil {
		t.Fatal(err)
	}
	if r := <-got; r == nil || string(r.Body) != `"stored"` {
		t.Errorf("the stored answer: %+v", r)
	}
	if err := service.Store(patience(t), later, answer(later, `"later"`)); err != nil {
		t.Errorf("Store after the return: %v", err)
	}
	wantBody(t, pLater, `"later"`)
}

// TestStoreOutlastsCrash begins a store while the server is away.
func TestStoreOutlastsCrash(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	service := open(t, s.url(), hasty())
	eventually(t, "it is connected", func() bool { return service.Health() == nil })
	s.kill()
	req := request()
	stored := make(chan error, 1)
	go func() { stored <- service.Store(patience(t), req, answer(req, `"kept"`)) }()
	eventually(t, "the loss is noticed", func() bool { return service.Health() != nil })
	s.start()
	if err := <-stored; err != nil {
		t.Fatalf("Store: %v", err)
	}
	wantBody(t, await(t, open(t, s.url(), nil), req.ID), `"kept"`)
}

// TestStoreEnds is about a server that stays away: the time is bounded.
func TestStoreEnds(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.kill()
	o := hasty()
	o.StoreTimeout = 300 * time.Millisecond
	service, req := open(t, s.url(), o), request()
	begun := time.Now()
	if err := service.Store(patience(t), req, answer(req, `1`)); !errors.Is(err, salt.ErrUnavailable) {
		t.Errorf("Store: %v, want salt.ErrUnavailable", err)
	}
	if took := time.Since(begun); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// TestFreeze stops the server without closing anything: its silence is noticed,
// calls are refused in time, and those under way get their answers when it goes
// on.
func TestFreeze(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	caller, service := open(t, s.url(), hasty()), open(t, s.url(), hasty())
	req := request()
	p := await(t, caller, req.ID)
	s.freeze()
	if _, err := caller.Await(patience(t), "x"); !errors.Is(err, salt.ErrUnavailable) {
		t.Errorf("Await: %v, want salt.ErrUnavailable", err)
	}
	eventually(t, "the silence is noticed", func() bool { return caller.Health() != nil })
	stored := make(chan error, 1)
	go func() { stored <- service.Store(patience(t), req, answer(req, `"thawed"`)) }()
	s.thaw()
	wantBody(t, p, `"thawed"`)
	if err := <-stored; err != nil {
		t.Errorf("Store: %v", err)
	}
	eventually(t, "it is well again", func() bool { return caller.Health() == nil })
}

// TestCloseFrozen closes while the server is silent and stores wait for it.
func TestCloseFrozen(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	r, req := open(t, s.url(), nil), request()
	p := await(t, r, req.ID)
	s.freeze()
	stored := make(chan error, 1)
	go func() { stored <- r.Store(patience(t), req, answer(req, `1`)) }()
	waited := make(chan error, 1)
	go func() {
		_, err := p.Wait(patience(t))
		waited <- err
	}()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	begun := time.Now()
	err := r.Close(ctx)
	if took := time.Since(begun); took > 3*time.Second {
		t.Errorf("Close took %v", took)
	}
	storeErr := <-stored
	if errors.Is(storeErr, context.DeadlineExceeded) || !errors.Is(storeErr, salt.ErrClosed) {
		t.Errorf("Store: %v, want salt.ErrClosed", storeErr)
	}
	// Whether the store had begun when Close did is a matter of scheduling.
	if err != nil && !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Close: %v", err)
	}
	if err := <-waited; !errors.Is(err, salt.ErrClosed) {
		t.Errorf("Wait: %v, want salt.ErrClosed", err)
	}
}

// TestCloseIdle: without a store under way there is nothing to have time for.
func TestCloseIdle(t *testing.T) {
	t.Parallel()
	over, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		r, err := redis.Open("redis://127.0.0.1:1", hasty())
		if err != nil {
			t.Fatal(err)
		}
		if err := r.Close(over); err != nil {
			t.Fatalf("Close: %v", err)
		}
	}
}

// TestRefresh loses a publication without losing the connection, as a cluster
// may: the key is looked at all the same.
func TestRefresh(t *testing.T) {
	t.Parallel()
	url := need(t, "SALT_TEST_REDIS_URL")
	o := hasty()
	o.RefreshInterval = 50 * time.Millisecond
	r, req := open(t, url, o), request()
	p := await(t, r, req.ID)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
	defer cancel()
	if _, err := p.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("Wait: %v", err)
	}
	value := `{"status":"SUCCESS","result":"unheard","task_id":"` + req.ID + `"}`
	got := make(chan error, 1)
	go func() {
		_, err := p.Wait(patience(t))
		got <- err
	}()
	if err := plain(t, url).Set(patience(t), "celery-task-meta-"+req.ID, value, time.Hour).Err(); err != nil {
		t.Fatal(err)
	}
	if err := <-got; err != nil {
		t.Errorf("Wait: %v", err)
	}
}
