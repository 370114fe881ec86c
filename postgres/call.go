package postgres

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/jackc/pgx/v5"
)

const attempts = 4 // of one call, see again

// do runs a call within its bounds, again if that may help.
func (r *Registry) do(ctx context.Context, what string, f func(context.Context) error) error {
	ctx, end := r.bound(ctx)
	defer end()
	for attempt := 1; ; attempt++ {
		err := r.ended(ctx)
		if err == nil {
			err = r.ready(ctx)
		}
		if err == nil {
			err = f(ctx)
		}
		if err == nil || attempt == attempts || !again(err) || !pause(ctx, attempt) {
			return r.explain(ctx, what, err)
		}
	}
}

// ended is why a call cannot go on. It does not wait for the news of Close to
// reach the call's context.
func (r *Registry) ended(ctx context.Context) error {
	if err := context.Cause(r.life); err != nil {
		return err
	}
	return context.Cause(ctx)
}

// bound ends a call with its own context, the registry's life and the timeout.
func (r *Registry) bound(ctx context.Context) (context.Context, func()) {
	ctx, cancel := context.WithCancelCause(ctx)
	ctx, expire := context.WithTimeout(ctx, r.timeout)
	stop := context.AfterFunc(r.life, func() { cancel(context.Cause(r.life)) })
	return ctx, func() { stop(); expire(); cancel(nil) }
}

// pause waits a random time that grows, and says whether there is time left.
func pause(ctx context.Context, attempt int) bool {
	wait := time.NewTimer(rand.N(10 * time.Millisecond << attempt))
	defer wait.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-wait.C:
		return true
	}
}

// change runs f in a transaction. READ COMMITTED, so that what is read under a
// lock is what the lock's last holder wrote.
func (r *Registry) change(ctx context.Context, f func(pgx.Tx) error) error {
	return r.transact(ctx, "read committed", f)
}

// view runs f in a transaction whose statements see the same moment.
func (r *Registry) view(ctx context.Context, f func(pgx.Tx) error) error {
	return r.transact(ctx, "repeatable read read only", f) //nolint:dupword // the words of SQL
}

// transact runs f in a transaction that the server ends when the time is over,
// also if this process is stopped in the middle of it.
func (r *Registry) transact(ctx context.Context, mode string, f func(pgx.Tx) error) error {
	left := int64(r.timeout / time.Millisecond)
	if deadline, ok := ctx.Deadline(); ok {
		left = time.Until(deadline).Milliseconds()
	}
	left = min(max(left, 1), 1<<30) // the server's are 32 bits
	// The text has no arguments, so it goes in one round trip.
	begin := fmt.Sprintf("begin isolation level %s; set local statement_timeout = %d; "+
		"set local lock_timeout = %d; set local idle_in_transaction_session_timeout = %d",
		mode, left, max(left*9/10, 1), left+1000)
	return pgx.BeginTxFunc(ctx, r.pool, pgx.TxOptions{BeginQuery: begin}, f)
}
