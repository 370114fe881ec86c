package salt_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type (
	orderV1 struct {
		ID int64 `json:"id"`
	}
	orderV2 struct {
		ID       int64  `json:"id"`
		Currency string `json:"currency" salt:"minLength=3"`
		Channel  string `json:"channel,omitzero" salt:"default=shop,enum=shop|phone"`
	}
	orderV3 struct {
		ID    int64  `json:"id"`
		Price string `json:"price"`
		Path  string `json:"path"`
	}
)

func (o *orderV2) Validate() error {
	if o.Currency == "XXX" {
		return errors.New("no currency")
	}
	return nil
}

// orders defines one topic in three versions.
func orders(topic string) (v1 *salt.EventType[orderV1], v2 *salt.EventType[orderV2], v3 *salt.EventType[orderV3]) {
	in := salt.In(salt.NewCatalog())
	return salt.DefineEvent[orderV1](topic, in), salt.DefineEvent[orderV2](topic, in, salt.Version("v2")), salt.DefineEvent[orderV3](topic, in, salt.Version("v3"))
}

// sendVersions sends one message of each version, one after the other.
func sendVersions(t *testing.T, bus *salt.Bus, tr *inmem.Transport, topic string, versions ...string) {
	t.Helper()
	for _, v := range versions {
		m := &salt.Message{Topic: topic, Version: v, Body: []byte(`{"id":7,"currency":"EUR","price":"1","path":"own"}`)}
		if err := bus.Send(t.Context(), m); err != nil {
			t.Fatal(err)
		}
		if err := tr.Broker().Settle(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
}

// TestUpcastPicksTheNearestOlderReader holds which version reads a message, and
// by which steps it becomes the handler's.
func TestUpcastPicksTheNearestOlderReader(t *testing.T) {
	t.Parallel()
	v1, v2, v3 := orders("up.pick")
	oneToTwo := salt.UpcastFrom(v1, func(o *orderV1) *orderV2 { return &orderV2{ID: o.ID, Currency: "one"} })
	twoToThree := salt.UpcastFrom(v2, func(o *orderV2) *orderV3 {
		return &orderV3{ID: o.ID, Price: o.Currency, Path: "two " + o.Currency + " " + o.Channel}
	})
	oneToThree := salt.UpcastFrom(v1, func(o *orderV1) *orderV3 { return &orderV3{ID: o.ID, Path: "direct"} })
	for name, tt := range map[string]struct {
		opts []salt.SubscribeOption
		want map[string]string // what the handler saw, by version
	}{
		"chain": {
			[]salt.SubscribeOption{twoToThree, oneToTwo},
			map[string]string{"v1": "two one shop", "v1.5": "two one shop", "v2": "two EUR shop", "v2.3": "two EUR shop", "v3": "own", "v4": "own"},
		},
		"each on its own": {
			[]salt.SubscribeOption{oneToThree, twoToThree},
			map[string]string{"v1": "direct", "v1.5": "direct", "v2": "two EUR shop", "v2.3": "two EUR shop", "v3": "own", "v4": "own"},
		},
		"over a version": {
			[]salt.SubscribeOption{oneToThree},
			map[string]string{"v1": "direct", "v1.5": "direct", "v2": "direct", "v2.3": "direct", "v3": "own", "v4": "own"},
		},
		"the last step alone": {
			[]salt.SubscribeOption{twoToThree},
			map[string]string{"v2": "two EUR shop", "v2.3": "two EUR shop", "v3": "own", "v4": "own"},
		},
		"all versions": {
			[]salt.SubscribeOption{salt.AllVersions(), twoToThree},
			map[string]string{"": "own", "v0": "own", "v1": "own", "v1.5": "own", "v2": "two EUR shop", "v2.3": "two EUR shop", "v3": "own", "v4": "own"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := inmem.New()
			bus := busOn(t, tr, nil)
			got := map[string]string{}
			var mu sync.Mutex
			v3.Subscribe(bus, func(ctx context.Context, o *orderV3) error {
				mu.Lock()
				defer mu.Unlock()
				got[salt.Info(ctx).Version] = o.Path
				return nil
			}, tt.opts...)
			start(t, bus)
			sendVersions(t, bus, tr, "up.pick", "", "v0", "v1", "v1.5", "v2", "v2.3", "v3", "v4")
			mu.Lock()
			defer mu.Unlock()
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("read as (-want +got):\n%s", diff)
			}
			if letters := tr.Broker().DeadLetters("svc"); len(letters) > 0 {
				t.Errorf("dead letters %+v", letters)
			}
		})
	}
}

// TestUpcastOfOneType: several versions of one Go type chain step by step.
func TestUpcastOfOneType(t *testing.T) {
	t.Parallel()
	in := salt.In(salt.NewCatalog())
	var defs []*salt.EventType[orderV3]
	for _, v := range []string{"v1", "v2", "v3", "v4"} {
		defs = append(defs, salt.DefineEvent[orderV3]("up.same", in, salt.Version(v)))
	}
	step := func(i int) salt.SubscribeOption {
		return salt.UpcastFrom(defs[i], func(o *orderV3) *orderV3 {
			return &orderV3{ID: o.ID, Path: o.Path + fmt.Sprint(i+1)}
		})
	}
	tr := inmem.New()
	bus := busOn(t, tr, nil)
	got := make(chan *orderV3, 1)
	defs[3].Subscribe(bus, into(got), step(0), step(1), step(2))
	start(t, bus)
	sendVersions(t, bus, tr, "up.same", "v1")
	if o := wait(t, got); o.Path != "own123" {
		t.Errorf("path %q, want each step once", o.Path)
	}
}

func TestUpcastFailures(t *testing.T) {
	t.Parallel()
	v1, v2, _ := orders("up.fail")
	errConvert := errors.New("the archive is closed")
	for name, tt := range map[string]struct {
		convert func(*orderV1) (*orderV2, error)
		body    string
		reason  salt.Reason
		text    string
	}{
		"the payload does not fit v1": {nil, `{"id":"seven"}`, salt.ReasonInvalid, "/id"},
		"the conversion fails": {
			func(*orderV1) (*orderV2, error) { return nil, errConvert }, "", salt.ReasonFailed,
			`upcast "up.fail" from v1 to v2: the archive is closed`,
		},
		"it panics":    {func(*orderV1) (*orderV2, error) { panic("boom") }, "", salt.ReasonPanic, "boom"},
		"it gives nil": {func(*orderV1) (*orderV2, error) { return nil, nil }, "", salt.ReasonFailed, "returned nil"}, //nolint:nilnil // the mistake
		"the result breaks the schema": {
			func(*orderV1) (*orderV2, error) { return &orderV2{Currency: "€"}, nil }, "", salt.ReasonFailed, "/currency",
		},
		"the result breaks its own rules": {
			func(*orderV1) (*orderV2, error) { return &orderV2{Currency: "XXX"}, nil }, "", salt.ReasonFailed, "no currency",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tr := inmem.New()
			bus := busOn(t, tr, nil)
			v2.Subscribe(bus, func(context.Context, *orderV2) error {
				t.Error("the handler was called")
				return nil
			}, salt.TryUpcast(v1, tt.convert))
			start(t, bus)
			body := tt.body
			if body == "" {
				body = `{"id":7}`
			}
			if err := bus.Send(t.Context(), &salt.Message{Topic: "up.fail", Version: "v1", Body: []byte(body)}); err != nil {
				t.Fatal(err)
			}
			if err := tr.Broker().Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			letters := tr.Broker().DeadLetters("svc")
			if len(letters) != 1 || letters[0].Reason != tt.reason || !strings.Contains(letters[0].Error, tt.text) {
				t.Errorf("dead letters %+v, want one, %s, that says %q", letters, tt.reason, tt.text)
			}
		})
	}
}

type (
	quoteV1 struct {
		salt.RPC[priceV1, *addError]
		ID int64 `json:"id"`
	}
	quoteV2 struct {
		salt.RPC[priceV2, *addError]
		Key string `json:"key"`
	}
	priceV1 struct {
		Price int `json:"price" salt:"maximum=1000"`
	}
	priceV2 struct {
		Price    int    `json:"price"`
		Currency string `json:"currency"`
	}
)

var (
	quoteV1Def = salt.Define[quoteV1]("up.quote")
	quoteV2Def = salt.Define[quoteV2]("up.quote", salt.Version("v2"))
)

func (*quoteV1) Definition() *salt.Definition[quoteV1] { return quoteV1Def }
func (*quoteV2) Definition() *salt.Definition[quoteV2] { return quoteV2Def }

func quoteUp(q *quoteV1) *quoteV2 { return &quoteV2{Key: fmt.Sprint(q.ID)} }

// TestUpcastOfRequests: the caller of v1 gets v2's answer when it can read it.
func TestUpcastOfRequests(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	salt.Handle(bus, func(_ context.Context, q *quoteV2) (*priceV2, error) {
		switch q.Key {
		case "1":
			return &priceV2{Price: 10, Currency: "EUR"}, nil
		case "2":
			return &priceV2{Price: 5000}, nil // more than v1 may say
		}
		return nil, &addError{Code: "unknown", Max: 2}
	}, salt.Upcast(quoteUp))
	start(t, bus)
	if p, err := salt.Call(t.Context(), bus, &quoteV1{ID: 1}); err != nil || p.Price != 10 {
		t.Errorf("v1 got %+v, %v", p, err)
	}
	if p, err := salt.Call(t.Context(), bus, &quoteV2{Key: "2"}); err != nil || p.Price != 5000 {
		t.Errorf("v2 got %+v, %v", p, err)
	}
	_, err := salt.Call(t.Context(), bus, &quoteV1{ID: 2})
	if fault, ok := errors.AsType[*salt.RemoteError](err); !ok || fault.Message != "internal error" {
		t.Errorf("a response that v1 cannot read reached its caller as %v", err)
	}
	_, err = salt.Call(t.Context(), bus, &quoteV1{ID: 3})
	if authored, ok := errors.AsType[*addError](err); !ok || authored.Code != "unknown" {
		t.Errorf("error %v, want the authored one", err)
	}
}

// TestUpcastBesideOtherHandlers: a request is answered by who reads it by the
// newest version, whatever else that handler takes.
func TestUpcastBesideOtherHandlers(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	in := salt.In(salt.NewCatalog())
	var defs []*salt.RPCType[payloadA, addResponse, *addError]
	for _, v := range []string{"v1", "v2", "v3", "v4"} {
		defs = append(defs, salt.DefineRPC[payloadA, addResponse, *addError]("up.beside", in, salt.Version(v)))
	}
	answer := func(sum int) func(context.Context, *payloadA) (*addResponse, error) {
		return func(context.Context, *payloadA) (*addResponse, error) { return &addResponse{Sum: sum}, nil }
	}
	defs[1].Handle(bus, answer(2))
	defs[2].Handle(bus, answer(3), salt.UpcastFrom(defs[0], func(p *payloadA) *payloadA { return p }))
	start(t, bus)
	for i, want := range []int{3, 2, 3, 3} {
		if r, err := defs[i].Call(t.Context(), bus, &payloadA{}); err != nil || r.Sum != want {
			t.Errorf("v%d was answered with %+v, %v, want handler %d", i+1, r, err, want)
		}
	}
}

func TestUpcastBindings(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	v1, v2, v3 := orders("up.bound")
	v3.Subscribe(bus, into(make(chan *orderV3)),
		salt.UpcastFrom(v1, func(*orderV1) *orderV2 { return nil }), salt.UpcastFrom(v2, func(*orderV2) *orderV3 { return nil }))
	if got := bus.Bindings()[0].Version; got != "v1" {
		t.Errorf("the oldest version taken is %s, want v1", got)
	}
	start(t, bus)
}

// TestUpcastTchuTchu, which knows no versions.
func TestUpcastIgnoresTchuTchu(t *testing.T) {
	t.Parallel()
	tr := inmem.New()
	bus := busOn(t, tr, nil)
	v1, v2, _ := orders("up.tchu")
	got := make(chan *orderV2, 1)
	v2.Subscribe(bus, into(got), salt.UpcastFrom(v1, func(o *orderV1) *orderV2 { return &orderV2{Currency: "old"} }))
	start(t, bus)
	m := &salt.Message{Topic: "up.tchu", Dialect: salt.TchuTchu, Body: []byte(`{"id":1,"currency":"EUR"}`)}
	if err := bus.Send(t.Context(), m); err != nil {
		t.Fatal(err)
	}
	if o := wait(t, got); o.Currency != "old" {
		t.Errorf("read as %+v, want as v1, as which it counts", o)
	}
}

func TestUpcastMistakes(t *testing.T) {
	t.Parallel()
	v1, v2, v3 := orders("up.wrong")
	foreign, _, _ := orders("up.other")
	elsewhere := salt.DefineEvent[orderV1]("up.wrong", salt.In(salt.NewCatalog()), salt.Exchange("old"))
	asked := salt.DefineRPC[orderV1, addResponse, *addError]("up.wrong", salt.In(salt.NewCatalog()))
	up := func(d salt.Defined[orderV1]) salt.SubscribeOption {
		return salt.UpcastFrom(d, func(*orderV1) *orderV2 { return nil })
	}
	for want, opts := range map[string][]salt.SubscribeOption{
		"gets its own topic only":                        {up(foreign)},
		"a handler of the event":                         {up(asked)},
		`exchange "old"`:                                 {up(elsewhere)},
		"from v3: it is not older than the handler's v2": {salt.UpcastFrom(v3, func(*orderV3) *orderV2 { return nil })},
		"from v2: it is not older than the handler's v2": {salt.UpcastFrom(v2, func(*orderV2) *orderV2 { return nil })},
		"two upcasts from v1":                            {up(v1), up(v1)},
		"makes a *salt_test.order":                       {salt.UpcastFrom(v1, func(*orderV1) *orderV3 { return nil })},
		"FromVersion and upcasts":                        {salt.FromVersion("v1"), up(v1)},
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			bus := newBus(t, nil)
			text := panicOf(func() { v2.Subscribe(bus, into(make(chan *orderV2)), opts...) })
			if !strings.Contains(text, want) || !strings.Contains(text, "upcast_test.go") {
				t.Errorf("panic %q, want %q and the place", text, want)
			}
		})
	}
	bus := newBus(t, nil)
	text := panicOf(func() { salt.SubscribePattern(bus, "up.#", into(make(chan *orderV2)), up(v1)) })
	if !strings.Contains(text, "a pattern has no version") {
		t.Errorf("panic %q", text)
	}
}

// TestUpcastOfAnAnsweredVersion: one version of a request has one handler, in
// whatever order they come.
func TestUpcastOfAnAnsweredVersion(t *testing.T) {
	t.Parallel()
	first := func(b *salt.Bus) {
		salt.Handle(b, func(context.Context, *quoteV1) (*priceV1, error) { return &priceV1{}, nil })
	}
	second := func(b *salt.Bus) {
		salt.Handle(b, func(context.Context, *quoteV2) (*priceV2, error) { return &priceV2{}, nil }, salt.Upcast(quoteUp))
	}
	for _, order := range [][2]func(*salt.Bus){{first, second}, {second, first}} {
		bus := newBus(t, nil)
		order[0](bus)
		if text := panicOf(func() { order[1](bus) }); !strings.Contains(text, "version v1 is already answered") {
			t.Errorf("panic %q", text)
		}
		start(t, bus)
	}
}
