package salt_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/celerysalt/salt"
)

func TestPublishAll(t *testing.T) {
	t.Parallel()
	bus := newBus(t, &salt.Options{Concurrency: 1})
	got := make(chan *salt.Message, 2000)
	salt.SubscribePattern(bus, "#", into(got))
	start(t, bus)

	hookedEvents := make([]*hooked, 600)
	for i := range hookedEvents {
		hookedEvents[i] = &hooked{}
	}
	hookedEvents[100].How, hookedEvents[300].How = "veto", "fail"
	results := salt.PublishAll(t.Context(), bus, hookedEvents...)
	var want []string
	for i, r := range results {
		switch i {
		case 100:
			if !errors.Is(r.Err, salt.ErrVetoed) {
				t.Errorf("event 100: %v", r.Err)
			}
		case 300:
			if !errors.Is(r.Err, errHook) {
				t.Errorf("event 300: %v", r.Err)
			}
		default:
			if r.Err != nil {
				t.Errorf("event %d: %v", i, r.Err)
			}
			want = append(want, r.ID)
		}
	}
	if err := results.Err(); !errors.Is(err, errHook) || !strings.Contains(err.Error(), "event 300") {
		t.Errorf("Err() = %v", err)
	}
	for i, id := range want {
		if m := wait(t, got); m.ID != id {
			t.Fatalf("message %d is %s, want %s: order is lost", i, m.ID, id)
		}
	}
	def := salt.DefineEvent[payloadA]("batch.simple", salt.In(salt.NewCatalog()))
	if err := def.PublishAll(t.Context(), bus, &payloadA{ID: 1}, &payloadA{ID: 2}).Err(); err != nil {
		t.Error(err)
	}
	if len(def.PublishAll(t.Context(), bus)) != 0 {
		t.Error("an empty batch has results")
	}
}

// lockedHook holds a lock around next, as a hook that guards shared state may.
type lockedHook struct {
	salt.Event
	N int `json:"n"`
}

var (
	lockedHookMu  sync.Mutex
	lockedHookDef = salt.Define[lockedHook]("locked.hook", salt.In(salt.NewCatalog()))
)

func (*lockedHook) Definition() *salt.Definition[lockedHook] { return lockedHookDef }
func (*lockedHook) OnPublish(ctx context.Context, next func(context.Context) error) error {
	lockedHookMu.Lock()
	defer lockedHookMu.Unlock()
	return next(ctx)
}

func TestPublishAllHooksThatShareALock(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	events := make([]*lockedHook, 20)
	for i := range events {
		events[i] = &lockedHook{N: i}
	}
	done := make(chan error, 1)
	go func() { done <- salt.PublishAll(t.Context(), bus, events...).Err() }()
	if err := wait(t, done); err != nil {
		t.Error(err)
	}
}

func TestPublishAllSurvivesItsHooks(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	results := salt.PublishAll(t.Context(), bus, &hooked{How: "panic"}, nil, &hooked{How: "goexit"}, &hooked{How: "cancelled"}, &hooked{})
	for i, want := range []string{"panic: boom", "panic: ", "runtime.Goexit", "context canceled"} {
		if err := results[i].Err; err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("event %d: %v, want an error with %q", i, err, want)
		}
	}
	if err := results[4].Err; err != nil {
		t.Errorf("the event beside them: %v", err)
	}
}
