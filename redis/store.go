package redis

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// directReplyTo begins the address of a caller who listens to RabbitMQ itself
// (PROTOCOL.md, section 6.3).
const directReplyTo = "amq.rabbitmq.reply-to"

// minStore is what even the answer to an expired request gets.
const minStore = time.Second

// Store keeps the answer to req under Celery's key and publishes it on the
// channel of that name, in one transaction. The first real answer stays; one of
// a service without a handler, a task's progress, and what nobody can read are
// replaced. A caller who named RabbitMQ's direct reply-to is left out, unless
// the request says [salt.Message.AwaitsStored]; its answer is kept until the
// request expires.
//
// An answer "no handlers" is published and not stored: a Celery worker
// leaves an id alone that has a SUCCESS, as that answer is one, and its real
// answer would be lost.
//
// Store tries again while the server is away, for [Options.StoreTimeout] or
// until the request expires. The error wraps [salt.ErrUnavailable] then,
// [salt.ErrTooLarge], [salt.ErrClosed], or ctx's error.
func (r *Results) Store(ctx context.Context, req *salt.Message, reply *salt.Reply) error {
	r.mu.Lock()
	if r.closed {
		r.mu.Unlock()
		return r.errClosed()
	}
	r.storing++
	r.mu.Unlock()
	defer r.stored()
	direct := strings.HasPrefix(req.ReplyTo, directReplyTo)
	if direct && !req.AwaitsStored {
		return nil
	}
	key, value, err := celery.EncodeResult(req, reply, time.Now())
	if err != nil {
		return fmt.Errorf("%s: %w", r, err)
	}
	if len(value) > r.opts.MaxBytes {
		return fmt.Errorf("%s: store the answer to %q: %w: %d bytes, the limit is %d; raise redis.Options.MaxBytes on both sides",
			r, req.ID, salt.ErrTooLarge, len(value), r.opts.MaxBytes)
	}
	a := &answer{r: r, id: req.ID, key: r.opts.KeyPrefix + key, value: value, ttl: r.opts.TTL}
	if direct && !req.Expires.IsZero() { // nobody asks late, so it need not fill the server
		left := max(time.Until(req.Expires), minStore).Truncate(time.Second) + time.Second
		a.ttl = min(a.ttl, left)
	}
	if reply.Fault != nil && errors.Is(reply.Fault, salt.ErrNoHandler) {
		err = r.try(ctx, req, a.publish)
	} else {
		err = r.try(ctx, req, a.store)
	}
	if err != nil {
		return fmt.Errorf("store the answer to %q: %w", req.ID, err)
	}
	return nil
}

// stored counts a store as over.
func (r *Results) stored() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.storing--; r.closed && r.storing == 0 {
		close(r.idle)
	}
}

// key returns the key, and channel, of an id's answer.
func (r *Results) key(id string) string { return r.opts.KeyPrefix + "celery-task-meta-" + id }

// try calls f until it succeeds, or can not, or the time is over.
func (r *Results) try(parent context.Context, req *salt.Message, f func(context.Context) error) error {
	patience := r.opts.StoreTimeout
	if !req.Expires.IsZero() {
		patience = min(patience, max(time.Until(req.Expires), minStore))
	}
	ctx, cancel := context.WithTimeout(parent, patience)
	defer cancel()
	defer context.AfterFunc(r.saving, cancel)()
	pause := backoff{min: r.opts.BackoffMin, max: r.opts.BackoffMax}
	for {
		err := f(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil && passing(err) {
			r.link.wait(ctx, r.opts.CommandTimeout)
			sleep(ctx, pause.next())
		}
		switch {
		case parent.Err() != nil:
			return fmt.Errorf("%s: %w (%v)", r, parent.Err(), err) //nolint:errorlint // the context is what ended it
		case r.saving.Err() != nil:
			return r.errClosed()
		case !passing(err):
			return fmt.Errorf("%s: %w", r, err)
		case ctx.Err() != nil:
			return fmt.Errorf("%s: %w: %w", r, salt.ErrUnavailable, err)
		}
	}
}

// passing reports whether an error may be over later: all but the server's
// refusals, of which some are as well.
func passing(err error) bool {
	var refusal goredis.Error
	if !errors.As(err, &refusal) || errors.Is(err, goredis.TxFailedErr) {
		return true
	}
	for _, state := range []string{"LOADING", "READONLY", "CLUSTERDOWN", "MASTERDOWN", "TRYAGAIN", "MOVED", "ASK", "UNBLOCKED", "BUSY"} {
		if strings.HasPrefix(refusal.Error(), state) {
			return true
		}
	}
	return false
}

// An answer is a value on its way to its key.
type answer struct {
	r       *Results
	id, key string
	value   []byte
	ttl     time.Duration
}

// publish does no more. In a cluster a publication alone would go to any node,
// and publications of two nodes arrive in any order; a key beside it leads it to
// the node of all the others.
func (a *answer) publish(ctx context.Context) error {
	cmds, err := a.r.client.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		p.GetRange(ctx, a.key, 0, 0)
		p.Publish(ctx, a.key, a.value)
		return nil
	})
	return reason(cmds, err)
}

// store takes one round trip if nothing is there yet. The value is published in
// any case, which a waiting caller does not mind: it has taken the first.
func (a *answer) store(ctx context.Context) error {
	var first *goredis.BoolCmd
	cmds, err := a.r.client.TxPipelined(ctx, func(p goredis.Pipeliner) error {
		first = p.SetNX(ctx, a.key, a.value, a.ttl)
		p.Publish(ctx, a.key, a.value)
		return nil
	})
	if err != nil || first.Val() {
		return reason(cmds, err)
	}
	return a.replace(ctx)
}

// reason returns the command's own error where the transaction's tells only
// that there was one.
func reason(cmds []goredis.Cmder, err error) error {
	if !goredis.IsExecAbortError(err) {
		return err
	}
	for _, cmd := range cmds {
		if own := cmd.Err(); own != nil && !goredis.IsExecAbortError(own) {
			return own
		}
	}
	return err
}

// replace puts the value in the place of one that is no real answer.
func (a *answer) replace(ctx context.Context) error {
	return a.r.client.Watch(ctx, func(tx *goredis.Tx) error {
		there, err := a.r.fetch(ctx, tx, a.key).Result()
		if err != nil && !errors.Is(err, goredis.Nil) {
			return err
		}
		if worth, _ := judge(a.id, there, a.r.opts.MaxBytes); worth == realAnswer {
			return nil
		}
		cmds, err := tx.TxPipelined(ctx, func(p goredis.Pipeliner) error {
			p.SetEx(ctx, a.key, a.value, a.ttl)
			p.Publish(ctx, a.key, a.value)
			return nil
		})
		return reason(cmds, err)
	}, a.key)
}
