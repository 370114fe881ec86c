package redis

import (
	"context"
	"fmt"
	"sync"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/celerysalt/salt"
)

// Results is a [salt.ResultBackend] over Redis. Make it with [Open] or [New].
// Safe for concurrent use.
type Results struct {
	client goredis.UniversalClient
	owned  bool // the client is ours to close
	opts   Options
	where  string

	life   context.Context // of listening
	end    context.CancelFunc
	saving context.Context // of stores; ends when Close's patience does
	cut    context.CancelFunc
	tasks  sync.WaitGroup
	done   chan struct{} // closed when Close begins
	idle   chan struct{} // closed when no store is under way after that
	gone   chan struct{} // closed when Close is through

	link link
	wake chan struct{} // something is to be subscribed or unsubscribed
	look chan struct{} // something is to be read from its key

	mu       sync.Mutex // never held over I/O
	closed   bool
	storing  int                 // stores under way
	subjects map[string]*subject // by channel
	changed  map[*subject]bool   // to be subscribed or unsubscribed
	asked    []*subject          // to be read
}

var _ salt.ResultBackend = (*Results)(nil)

// Open returns the results at rawURL, in one of Celery's forms:
//
//	redis://user:password@host:6379/0
//	rediss://…?ssl_cert_reqs=required&ssl_ca_certs=/etc/ca.pem    TLS
//	redis+socket:///run/redis.sock?virtual_host=0                 or unix:///…?db=0
//	sentinel://:password@h1:26379/0;sentinel://h2:26379           with Options.MasterName
//	redis://h1:6379,h2:6379,h3:6379                               a cluster
//	redis://h1:6379?cluster=true                                  a cluster by one name
//
// ssl_certfile, ssl_keyfile and ssl_check_hostname are known too; parameters
// that only tune the Python client are ignored, unknown ones refused. It does
// no network I/O and fails for a malformed URL or an unreadable certificate
// file only, without quoting the URL. The connection is made in the background,
// for as long as the results live; see [Results.Health]. opts may be nil.
func Open(rawURL string, opts *Options) (*Results, error) {
	o := opts.withDefaults()
	at, err := parseAddress(rawURL, &o)
	if err != nil {
		return nil, err
	}
	r := start(at.client(&o), o, at.text)
	r.owned = true
	return r, nil
}

// New returns results over a client that the caller has, and closes after
// [Results.Close]. The client must be of database and credentials that Celery's
// programs use. opts may be nil; its TLS and MasterName are not used.
func New(client goredis.UniversalClient, opts *Options) *Results {
	return start(client, opts.withDefaults(), "the given client's server")
}

func start(client goredis.UniversalClient, o Options, where string) *Results {
	r := &Results{
		client: client, opts: o, where: where,
		done: make(chan struct{}), idle: make(chan struct{}), gone: make(chan struct{}),
		wake: make(chan struct{}, 1), look: make(chan struct{}, 1),
		subjects: make(map[string]*subject), changed: make(map[*subject]bool),
	}
	r.link.init()
	r.life, r.end = context.WithCancel(context.Background())
	r.saving, r.cut = context.WithCancel(context.Background())
	r.tasks.Go(r.listen)
	r.tasks.Go(r.read)
	return r
}

// String tells where the results are, without user and password.
func (r *Results) String() string { return "redis results at " + r.where }

// GoString keeps %#v from printing the password.
func (r *Results) GoString() string { return r.String() }

// Health reports the state of the listening connection now, without I/O: nil,
// or an error that wraps [salt.ErrUnavailable], or [salt.ErrClosed].
func (r *Results) Health() error {
	r.mu.Lock()
	closed := r.closed
	r.mu.Unlock()
	if closed {
		return r.errClosed()
	}
	return r.away()
}

func (r *Results) errClosed() error { return fmt.Errorf("%s: %w", r, salt.ErrClosed) }

// away says why the server cannot be reached, nil if it can.
func (r *Results) away() error {
	up, why := r.link.state()
	switch {
	case up:
		return nil
	case why == nil:
		return fmt.Errorf("%s: %w: connecting", r, salt.ErrUnavailable)
	}
	return fmt.Errorf("%s: %w: %w", r, salt.ErrUnavailable, why)
}

// Close ends the results: those who wait get [salt.ErrClosed] at once, stores
// under way are waited for until ctx ends and then cut short, which makes Close
// return ctx's error; without any, ctx is not looked at. It outlives ctx by at most 1 s. Calls after it return
// ErrClosed; closing again waits for the first Close.
func (r *Results) Close(ctx context.Context) error {
	r.mu.Lock()
	first := !r.closed
	r.closed = true
	if first && r.storing == 0 {
		close(r.idle)
	}
	r.mu.Unlock()
	if !first {
		select {
		case <-r.gone:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("%s: close: %w", r, ctx.Err())
		}
	}
	defer close(r.gone)
	close(r.done)
	r.end()
	err := r.await(ctx, r.idle, "answers are still being stored")
	r.cut()
	end, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Second)
	defer cancel()
	tasks := make(chan struct{})
	go func() {
		r.tasks.Wait()
		close(tasks)
	}()
	for _, ended := range []<-chan struct{}{r.idle, tasks} {
		if late := r.await(end, ended, "goroutines are left behind"); err == nil {
			err = late
		}
	}
	if !r.owned {
		return err
	}
	if late := r.client.Close(); late != nil && err == nil {
		err = fmt.Errorf("%s: close: %w", r, late)
	}
	return err
}

// await waits for ended until ctx ends; left says what is then left.
func (r *Results) await(ctx context.Context, ended <-chan struct{}, left string) error {
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
		select {
		case <-ended: // both, and this one is better
			return nil
		default:
			return fmt.Errorf("%s: close: %s: %w", r, left, ctx.Err())
		}
	}
}
