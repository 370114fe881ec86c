package salt

import (
	"cmp"
	"context"
	"fmt"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"time"

	"github.com/celerysalt/salt/schema"
)

// invoker decodes a message and calls the user's function.
type invoker func(ctx context.Context, s *subscription, m *Message) (*Reply, error)

// subscription is one handler and what it wants to see. Immutable once the bus
// has started.
type subscription struct {
	name        string
	pattern     string // a topic, or a pattern
	raw         bool   // by pattern: sees everything that matches, answers nothing
	exchange    string
	version     string
	mode        Mode
	defined     bool        // of a definition, which brings its exchange
	def         *definition // nil for raw messages
	queue       string
	ephemeral   bool
	concurrency int
	timeout     time.Duration
	place       string
	repeats     bool // copies what it gets, so it need not wait for the eta

	upcasts          []*upcast // newest first
	ceiling          string    // the newest version that the handler knows
	onOlder, onNewer VersionRule
	ruled            bool // by NewerVersions or OlderVersions

	invoke invoker
	handle Handler       // invoke within the pipeline
	slots  chan struct{} // nil: the queue's concurrency alone decides
	newer  warned        // versions
}

// subscribe adds the handler of a definition.
func (b *Bus) subscribe(d *definition, fn any, invoke invoker, opts []SubscribeOption) {
	b.add(&subscription{
		pattern: d.spec.Topic, exchange: d.spec.Exchange, version: d.spec.Version, mode: d.spec.Mode,
		defined: true, def: d, name: functionName(fn), invoke: invoke, place: userPlace(),
	}, opts)
}

func (b *Bus) subscribePattern(pattern string, d *definition, fn any, invoke invoker, opts []SubscribeOption) {
	b.add(&subscription{
		pattern: pattern, raw: true, exchange: DefaultExchange, version: LatestVersion, mode: ModeEvent,
		def: d, name: functionName(fn), invoke: invoke, place: userPlace(),
	}, opts)
}

// add panics on what only a change of the program can mend, with the place.
func (b *Bus) add(s *subscription, opts []SubscribeOption) {
	s.timeout, s.onOlder = b.opts.HandlerTimeout, Ignore
	for _, o := range opts {
		o(s)
	}
	if s.queue == "" {
		s.queue = b.opts.Service
		if s.mode == ModeRPC {
			s.queue += ".rpc"
		}
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if err := b.check(s); err != nil {
		panic(fmt.Sprintf("salt: %s: subscribe %s to %q: %v", s.place, s.name, s.pattern, err))
	}
	if s.concurrency > 0 {
		s.slots = make(chan struct{}, s.concurrency)
	}
	s.handle = b.pipeline(s)
	b.subs = append(b.subs, s)
}

func (b *Bus) check(s *subscription) error {
	if err := CheckPattern(s.pattern); err != nil {
		return err
	}
	if err := checkWords(s.queue); err != nil {
		return fmt.Errorf("queue name %w", err)
	}
	if err := s.settleVersions(); err != nil {
		return err
	}
	switch {
	case b.started:
		return fmt.Errorf("the bus has started; subscribe before Start or Run")
	case s.defined && s.exchange != s.def.spec.Exchange:
		return fmt.Errorf("the definition's exchange is %q; FromExchange is for patterns", s.def.spec.Exchange)
	case s.name == "":
		return fmt.Errorf("the handler has an empty name")
	case s.concurrency < 0 || s.timeout < 0:
		return fmt.Errorf("concurrency or timeout is negative")
	}
	for _, other := range b.subs {
		if s.queue == other.queue && s.mode != other.mode && !s.ephemeral && !other.ephemeral {
			return fmt.Errorf("queue %q already receives %ss, for %s at %s; events and requests need queues of their own", s.queue, other.mode, other.name, other.place)
		}
		if s.mode != ModeRPC || other.mode != ModeRPC || s.pattern != other.pattern || s.exchange != other.exchange {
			continue
		}
		if version, both := s.answersLike(other); both {
			return fmt.Errorf("version %s is already answered by %s at %s; a request has one handler", version, other.name, other.place)
		}
	}
	return nil
}

// matches reports whether exchange and topic are the subscription's. Patterns
// match the routing key, as the broker did; definitions match the topic, as
// Python does. A message that was put into the queue directly has no exchange.
func (s *subscription) matches(m *Message) bool {
	if m.Exchange != "" && m.Exchange != s.exchange {
		return false
	}
	if s.raw {
		return covers(s.pattern, m)
	}
	return s.pattern == m.Topic
}

// covers reports whether a pattern takes the message by its key or its topic.
func covers(pattern string, m *Message) bool {
	return MatchPattern(pattern, m.Key()) || MatchPattern(pattern, m.Topic)
}

// wants reports whether the message is the subscription's business, if only to
// dead-letter it for its version.
func (s *subscription) wants(m *Message) bool { return s.matches(m) && s.rule(m) != Ignore }

// countedVersion settles what a message of tchu-tchu, which knows no versions,
// counts as: [DefaultVersion], as a bridge's copy of it does, or, where no
// subscription of the bus is that old, the oldest that one takes.
func countedVersion(subs []*subscription, m *Message) *Message {
	if m.Dialect != TchuTchu {
		return m
	}
	oldest := ""
	for _, s := range subs {
		switch {
		case s.version == LatestVersion || !s.matches(m):
		case AcceptsVersion(s.version, DefaultVersion):
			oldest = DefaultVersion
		case oldest == "" || CompareVersions(s.version, oldest) < 0:
			oldest = s.version
		}
	}
	counted := *m
	counted.countsAs = cmp.Or(oldest, DefaultVersion)
	return &counted
}

// filterVersion is the version by which subscriptions choose their messages.
func (m *Message) filterVersion() string { return cmp.Or(m.countsAs, m.Version) }

// patternDefinition gives a pattern's payload type a definition of its own,
// outside every catalog.
func patternDefinition[T any](pattern string) *definition {
	t := reflect.TypeFor[T]()
	st, err := schema.Of(t)
	if err != nil {
		panic(fmt.Sprintf("salt: %s: subscribe to %q: %v", userPlace(), pattern, err))
	}
	return &definition{payload: st, spec: &Spec{Topic: pattern, Mode: ModeEvent, Schema: st.Schema(), Type: t.String()}}
}

// functionName is "package.Function" of the user's function.
func functionName(fn any) string {
	name := runtime.FuncForPC(reflect.ValueOf(fn).Pointer()).Name()
	return strings.TrimSuffix(name[strings.LastIndexByte(name, '/')+1:], "-fm")
}

// userPlace is the first caller outside this package's own code.
func userPlace() string {
	var pcs [16]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs[:])])
	for {
		f, more := frames.Next()
		if !strings.HasPrefix(f.Function, "github.com/celerysalt/salt.") || strings.HasSuffix(f.File, "_test.go") {
			return fmt.Sprintf("%s:%d", shortPath(f.File), f.Line)
		}
		if !more {
			return "unknown place"
		}
	}
}

// A Bound handler is one line of [Bus.Bindings].
type Bound struct {
	Handler  string `json:"handler"`
	Mode     Mode   `json:"mode"`
	Queue    string `json:"queue"`
	Exchange string `json:"exchange"`
	Pattern  string `json:"pattern"`
	Version  string `json:"version"` // the oldest taken, or "latest" for all
	Source   string `json:"source"`  // file:line of the subscription
}

// Bindings lists what is subscribed, in order of subscription.
func (b *Bus) Bindings() []Bound {
	b.mu.Lock()
	defer b.mu.Unlock()
	bound := make([]Bound, 0, len(b.subs))
	for _, s := range b.subs {
		bound = append(bound, Bound{s.name, s.mode, s.queue, s.exchange, s.pattern, s.version, s.place})
	}
	return slices.Clip(bound)
}
