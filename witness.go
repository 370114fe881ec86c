package salt

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"os"
	"sync"
	"time"
)

// seer is what a registry has that keeps who uses what; every [RegistryStore]
// has it.
type seer interface {
	See(ctx context.Context, seen ...*Participant) error
}

const (
	witnessGather = time.Second      // first publishes of one moment share a call
	witnessAgain  = 10 * time.Minute // everything is told again, so that LastSeen means something
	witnessBatch  = 500              // participants in one call
)

// witness knows what this program uses, and tells the registry: in the
// background, on the registrar's goroutine, and never as an error.
type witness struct {
	to   seer // nil: nobody asks
	self Participant
	log  *slog.Logger
	poke func()

	used sync.Map // *Spec that was published or called, to true

	mu      sync.Mutex
	all     []*Participant // immutable
	known   map[Participant]bool
	told    int       // of all
	due     time.Time // of the next report, if there is anything
	again   time.Time // when everything is told once more
	backoff time.Duration
	warned  bool
}

func newWitness(r Registry, service string, log *slog.Logger, poke func()) *witness {
	host, _ := os.Hostname()
	w := &witness{log: log, poke: poke, known: map[Participant]bool{}}
	w.to, _ = r.(seer)
	w.self = Participant{Service: service, Host: cmp.Or(host, "unknown"), Language: "go"}
	return w
}

// sends notes the publisher or caller of a spec. It is called with every
// message.
func (w *witness) sends(s *Spec) {
	if w.to == nil || s.Unregistered {
		return
	}
	if _, seen := w.used.Load(s); seen {
		return
	}
	if _, seen := w.used.LoadOrStore(s, true); seen {
		return
	}
	p := w.self
	p.Topic, p.Version, p.Type, p.Source, p.Role = s.Topic, s.Version, s.Type, s.Source, RolePublisher
	if s.Mode == ModeRPC {
		p.Role = RoleCaller
	}
	w.note(&p)
}

// takes notes the handlers: once for each version by which one reads.
func (w *witness) takes(subs []*subscription) {
	if w.to == nil {
		return
	}
	for _, s := range subs {
		p := w.self
		p.Topic, p.Handler, p.Source, p.Role = s.pattern, s.name, s.place, RoleSubscriber
		if s.mode == ModeRPC {
			p.Role = RoleServer
		}
		if s.def != nil {
			p.Type = s.def.spec.Type
		}
		if s.defined {
			if s.def.spec.Unregistered {
				continue
			}
			p.Version = s.def.spec.Version
		}
		if s.version == LatestVersion {
			p.Version = ""
		}
		w.note(&p)
		for _, u := range s.upcasts {
			if u.from.spec.Unregistered {
				continue
			}
			old := p
			old.Version, old.Type = u.from.spec.Version, u.from.spec.Type
			w.note(&old)
		}
	}
}

// note keeps a participant, once for each identity.
func (w *witness) note(p *Participant) {
	identity := *p
	identity.Type, identity.Source, identity.Language = "", "", ""
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.known[identity] {
		return
	}
	w.known[identity] = true
	w.all = append(w.all, p)
	if soon := time.Now().Add(witnessGather); w.backoff == 0 && (w.due.IsZero() || w.due.After(soon)) {
		w.due = soon
		w.poke()
	}
}

// next tells when there is something to report; zero: there is not.
func (w *witness) next() time.Time {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.due
}

// report tells the registry what it has not been told yet, or everything once
// that is due again.
func (w *witness) report(ctx context.Context) {
	w.mu.Lock()
	all, from, whole := w.all, w.told, !time.Now().Before(w.again)
	w.mu.Unlock()
	if whole {
		from = 0
	}
	for from < len(all) {
		batch := all[from:min(from+witnessBatch, len(all))]
		err := w.tell(ctx, batch)
		if err != nil && !errors.Is(err, ErrForbidden) {
			w.failed(ctx, err)
			return
		}
		if err != nil { // of all of them, and for good
			w.warn(ctx, err)
		}
		from += len(batch)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.told, w.backoff = len(all), 0
	if whole {
		w.again = time.Now().Add(witnessAgain)
	}
	w.due = w.again
	if len(w.all) > w.told {
		w.due = time.Now().Add(witnessGather)
	}
}

func (w *witness) tell(ctx context.Context, batch []*Participant) error {
	ctx, cancel := context.WithTimeout(ctx, registerTimeout)
	defer cancel()
	return w.to.See(ctx, batch...)
}

func (w *witness) failed(ctx context.Context, err error) {
	if ctx.Err() != nil {
		return // the end
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.backoff = min(max(2*w.backoff, time.Second), maxRetryWait)
	w.due = time.Now().Add(w.backoff/2 + rand.N(w.backoff/2+1))
	w.say(ctx, err)
}

// warn is say for those who do not hold the lock.
func (w *witness) warn(ctx context.Context, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.say(ctx, err)
}

// say warns once.
func (w *witness) say(ctx context.Context, err error) {
	level := slog.LevelDebug
	if !w.warned {
		level, w.warned = slog.LevelWarn, true
	}
	w.log.Log(ctx, level, "salt: the registry could not be told who uses what", "error", err)
}

// flush tells at the end what was noted since the last report: a program may
// live for one publish only. One short attempt.
func (w *witness) flush(ctx context.Context) {
	w.mu.Lock()
	fresh := w.all[w.told:]
	if w.backoff > 0 {
		fresh = nil // the last attempt has failed
	}
	w.told = len(w.all)
	w.mu.Unlock()
	if len(fresh) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, ensureTimeout)
	defer cancel()
	for len(fresh) > 0 {
		n := min(witnessBatch, len(fresh))
		if w.to.See(ctx, fresh[:n]...) != nil {
			return
		}
		fresh = fresh[n:]
	}
}
