package salt

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// retry takes pending specs to the registry whenever their wait is over, and
// then the witness's news.
func (r *registrar) retry(ctx context.Context) {
	defer close(r.done)
	for {
		var due <-chan time.Time
		if at, some := r.next(); some {
			due = time.After(max(time.Until(at), 0))
		}
		select {
		case <-ctx.Done():
			return
		case <-r.wake:
			continue
		case <-due:
		}
		r.catchUp(ctx)
		if len(r.waiting()) > 0 {
			continue // the registry is away
		}
		if at := r.witness.next(); !at.IsZero() && !time.Now().Before(at) {
			r.witness.report(ctx)
		}
	}
}

// next tells when there is something to do.
func (r *registrar) next() (at time.Time, some bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.pending) > 0 {
		return r.retryAt, true // what else there is waits for that: the registry is away
	}
	at = r.witness.next()
	if len(r.refused) > 0 && (at.IsZero() || r.askAgain.Before(at)) {
		at = r.askAgain
	}
	if len(r.forbidden) > 0 && (at.IsZero() || r.permitAt.Before(at)) {
		at = r.permitAt
	}
	return at, !at.IsZero()
}

// catchUp registers what is pending, and asks again about what a policy or the
// lack of a right has refused.
func (r *registrar) catchUp(ctx context.Context) {
	r.mu.Lock()
	if len(r.refused) > 0 && !time.Now().Before(r.askAgain) {
		r.pending = append(r.pending, r.refused...)
		r.refused = nil
	}
	if len(r.forbidden) > 0 && !time.Now().Before(r.permitAt) {
		for s := range r.forbidden {
			if !slices.Contains(r.pending, s) {
				r.pending = append(r.pending, s)
			}
		}
		r.permitAt = time.Now().Add(permitAgain)
	}
	waiting, conflicts, away := len(r.pending) > 0, len(r.conflict), r.last != nil
	forbidden := len(r.forbidden)
	r.mu.Unlock()
	if !waiting {
		return
	}
	err := r.attempt(ctx, registerTimeout)
	r.mu.Lock()
	more := len(r.conflict) - conflicts
	permitted := len(r.forbidden) < forbidden && more <= 0
	r.mu.Unlock()
	switch {
	case more < 0 || permitted:
		r.log.Info("salt: definitions that the registry had refused are registered")
	case err == nil && away:
		r.log.Info("salt: pending definitions are registered")
	case more > 0:
		if c, ok := errors.AsType[*ConflictError](err); ok {
			r.log.Error("salt: a definition conflicts with the registry; publishing it fails", "error", fmt.Sprint(c))
		}
	}
}

// close stops the background work. What was used since the last report is told
// in one short attempt.
func (r *registrar) close(ctx context.Context) {
	if r.stop == nil {
		return
	}
	r.stop()
	<-r.done
	if len(r.waiting()) == 0 { // else the registry is away
		r.witness.flush(r.signed(ctx))
	}
}
