package salt_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// TestVersionRules holds what a handler of v2 does with each version.
func TestVersionRules(t *testing.T) {
	t.Parallel()
	v1, v2, _ := orders("rule.events")
	all := []string{"", "v0", "v1", "v1.5", "v2", "v2.0", "v2.1", "v3"}
	for name, tt := range map[string]struct {
		opts       []salt.SubscribeOption
		seen, dead []string
	}{
		"defaults":         {nil, []string{"v2", "v2.0", "v2.1", "v3"}, nil},
		"take newer":       {[]salt.SubscribeOption{salt.NewerVersions(salt.Take)}, []string{"v2", "v2.0", "v2.1", "v3"}, nil},
		"ignore newer":     {[]salt.SubscribeOption{salt.NewerVersions(salt.Ignore)}, []string{"v2", "v2.0"}, nil},
		"refuse newer":     {[]salt.SubscribeOption{salt.NewerVersions(salt.DeadLetter)}, []string{"v2", "v2.0"}, []string{"v2.1", "v3"}},
		"ignore older":     {[]salt.SubscribeOption{salt.OlderVersions(salt.Ignore)}, []string{"v2", "v2.0", "v2.1", "v3"}, nil},
		"refuse older":     {[]salt.SubscribeOption{salt.OlderVersions(salt.DeadLetter)}, []string{"v2", "v2.0", "v2.1", "v3"}, []string{"v0", "v1", "v1.5"}},
		"exactly this one": {[]salt.SubscribeOption{salt.OlderVersions(salt.DeadLetter), salt.NewerVersions(salt.DeadLetter)}, []string{"v2", "v2.0"}, []string{"v0", "v1", "v1.5", "v2.1", "v3"}},
		"with an upcast": {
			[]salt.SubscribeOption{salt.UpcastFrom(v1, func(o *orderV1) *orderV2 { return &orderV2{ID: o.ID, Currency: "EUR"} }), salt.OlderVersions(salt.DeadLetter)},
			[]string{"v1", "v1.5", "v2", "v2.0", "v2.1", "v3"},
			[]string{"v0"},
		},
		"from an older one": {
			[]salt.SubscribeOption{salt.FromVersion("v1"), salt.OlderVersions(salt.DeadLetter), salt.NewerVersions(salt.DeadLetter)},
			[]string{"v1", "v1.5", "v2", "v2.0"},
			[]string{"v0", "v2.1", "v3"},
		},
		"from a newer one": {
			[]salt.SubscribeOption{salt.FromVersion("v2.1"), salt.OlderVersions(salt.DeadLetter), salt.NewerVersions(salt.Ignore)},
			[]string{"v2.1"},
			[]string{"v0", "v1", "v1.5", "v2", "v2.0"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var logged lockedBuffer
			tr := inmem.New()
			bus := busOn(t, tr, &salt.Options{Logger: slog.New(slog.NewTextHandler(&logged, nil))})
			var mu sync.Mutex
			var seen []string
			v2.Subscribe(bus, func(ctx context.Context, _ *orderV2) error {
				mu.Lock()
				defer mu.Unlock()
				seen = append(seen, salt.Info(ctx).Version)
				return nil
			}, append(slices.Clone(tt.opts), salt.Name("h"))...)
			start(t, bus)
			sendVersions(t, bus, tr, "rule.events", all...)
			mu.Lock()
			defer mu.Unlock()
			if diff := cmp.Diff(tt.seen, seen); diff != "" {
				t.Errorf("handled (-want +got):\n%s", diff)
			}
			var dead []string
			for _, letter := range tr.Broker().DeadLetters("svc") {
				version, _, _ := strings.Cut(strings.TrimPrefix(letter.Error, "version "), " ")
				dead = append(dead, version)
				if letter.Reason != salt.ReasonVersion || !bytes.Contains(letter.Envelope.Body, []byte(version)) {
					t.Errorf("dead letter %s, %q", letter.Reason, letter.Error)
				}
			}
			if diff := cmp.Diff(tt.dead, dead); diff != "" {
				t.Errorf("dead-lettered (-want +got):\n%s", diff)
			}
			// What the handler refuses or leaves is not received by it.
			newer := strings.Count(logged.String(), "newer version than its own")
			if slices.Contains(seen, "v3") != (newer > 0) {
				t.Errorf("%d notes of newer versions, having seen %v", newer, seen)
			}
		})
	}
}

// TestVersionRulesOfRequests: the handler that reads a request best decides.
func TestVersionRulesOfRequests(t *testing.T) {
	t.Parallel()
	in := salt.In(salt.NewCatalog())
	def := map[string]*salt.RPCType[payloadA, addResponse, *addError]{}
	for _, v := range []string{"v0", "v1", "v2", "v3"} {
		def[v] = salt.DefineRPC[payloadA, addResponse, *addError]("rule.ask", in, salt.Version(v))
	}
	sums := map[string]int{"v1": 1, "v2": 2}
	for name, tt := range map[string]struct {
		v1, v2 []salt.SubscribeOption
		want   map[string]int // the handler that answers; 0: a fault, -1: silence
	}{
		"defaults": {nil, nil, map[string]int{"v0": -1, "v1": 1, "v2": 2, "v3": 2}},
		"v1 refuses newer, v2 has them": {
			[]salt.SubscribeOption{salt.NewerVersions(salt.DeadLetter)}, nil, map[string]int{"v1": 1, "v2": 2, "v3": 2},
		},
		"v2 refuses newer": {
			nil, []salt.SubscribeOption{salt.NewerVersions(salt.DeadLetter)}, map[string]int{"v1": 1, "v2": 2, "v3": 0},
		},
		"v2 leaves newer to v1": {
			nil, []salt.SubscribeOption{salt.NewerVersions(salt.Ignore)}, map[string]int{"v1": 1, "v2": 2, "v3": 1},
		},
		"v2 refuses older, which v1 takes": {
			nil, []salt.SubscribeOption{salt.OlderVersions(salt.DeadLetter)}, map[string]int{"v0": 0, "v1": 1, "v2": 2, "v3": 2},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bus := newBus(t, nil)
			for v, opts := range map[string][]salt.SubscribeOption{"v1": tt.v1, "v2": tt.v2} {
				def[v].Handle(bus, func(context.Context, *payloadA) (*addResponse, error) {
					return &addResponse{Sum: sums[v]}, nil
				}, opts...)
			}
			start(t, bus)
			for v, want := range tt.want {
				ctx := t.Context()
				if want < 0 {
					var cancel context.CancelFunc
					ctx, cancel = context.WithTimeout(ctx, 50*time.Millisecond)
					defer cancel()
				}
				r, err := def[v].Call(ctx, bus, &payloadA{})
				fault, faulty := errors.AsType[*salt.RemoteError](err)
				switch {
				case want > 0 && (err != nil || r.Sum != want):
					t.Errorf("%s was answered with %+v, %v, want handler %d", v, r, err, want)
				case want == 0 && (!faulty || !strings.Contains(fault.Message, "is refused by handler")):
					t.Errorf("%s: %+v, %v, want a fault that says why", v, r, err)
				case want < 0 && !errors.Is(err, context.DeadlineExceeded):
					t.Errorf("%s: %+v, %v, want silence", v, r, err)
				}
			}
		})
	}
}

func TestVersionRuleMistakes(t *testing.T) {
	t.Parallel()
	_, v2, _ := orders("rule.wrong")
	for want, opts := range map[string][]salt.SubscribeOption{
		"FromVersion, AllVersions or Upcast": {salt.OlderVersions(salt.Take)},
		"unknown rule":                       {salt.NewerVersions(salt.DeadLetter + 1)},
		"of all versions has no use":         {salt.AllVersions(), salt.NewerVersions(salt.Ignore)},
	} {
		bus := newBus(t, nil)
		if text := panicOf(func() { v2.Subscribe(bus, into(make(chan *orderV2)), opts...) }); !strings.Contains(text, want) {
			t.Errorf("panic %q, want %q", text, want)
		}
	}
	bus := newBus(t, nil)
	raw := func(context.Context, *salt.Message) error { return nil }
	if text := panicOf(func() { salt.SubscribePattern(bus, "rule.#", raw, salt.NewerVersions(salt.Ignore)) }); !strings.Contains(text, "all versions") {
		t.Errorf("panic %q", text)
	}
	if got := []string{salt.Take.String(), salt.Ignore.String(), salt.DeadLetter.String(), salt.VersionRule(9).String()}; !slices.Equal(got, []string{"take", "ignore", "dead-letter", "VersionRule(9)"}) {
		t.Error(got)
	}
}
