package salt

import (
	"context"
	"errors"
	"slices"
	"time"
)

// permitAgain is how long after it was forbidden a definition is tried again:
// somebody may give the program another right.
const permitAgain = 10 * time.Minute

// final reports whether the registry has answered, so that asking again at once
// would bring the same.
func final(err error) bool {
	_, conflict := errors.AsType[*ConflictError](err)
	return conflict || errors.Is(err, ErrForbidden)
}

// divisible reports whether a call that failed so may succeed in part.
func divisible(err error) bool { return final(err) || errors.Is(err, ErrTooLarge) }

// each takes specs to the registry one by one after it has refused them together,
// so that one bad definition, or one of a topic that the token is not for, does
// not hold back the others, and however many there are.
func (r *registrar) each(ctx context.Context, timeout time.Duration, specs []*Spec, why error) error {
	_, conflict := errors.AsType[*ConflictError](why)
	var refusals []error
	var denied, large []*Spec
	for i, s := range specs {
		err := r.one(ctx, timeout, s, !conflict)
		if err != nil {
			refusals = append(refusals, err)
		}
		if err != nil && !divisible(err) { // away: the others would only wait for that again
			r.settle(specs[i:], err)
			break
		}
		if errors.Is(err, ErrTooLarge) {
			large = append(large, s)
			continue
		}
		r.settle(specs[i:i+1], err)
		if errors.Is(err, ErrForbidden) {
			denied = append(denied, s)
		}
	}
	if len(large) > 0 {
		r.settle(large, ErrTooLarge) // last, since what succeeds forgets what failed
	}
	r.warn(denied, refusals)
	return errors.Join(refusals...)
}

// one registers a spec. If asked to, it first compares it with what is there, since
// programs may well read what only CI may write.
func (r *registrar) one(ctx context.Context, timeout time.Duration, s *Spec, look bool) error {
	if look {
		have, err := r.registry.Lookup(ctx, s.Topic, s.Version)
		switch {
		case err == nil:
			lacks := have.Response == nil && s.Response != nil || have.Error == nil && s.Error != nil
			if err := CompareSpecs(have, s); err != nil || !lacks {
				return err
			}
		case !errors.Is(err, ErrNotFound):
			return err // who may not read a topic may not write it either
		}
	}
	return r.register(ctx, timeout, []*Spec{s})
}

// warn says once of each topic that it is not registered.
func (r *registrar) warn(denied []*Spec, refusals []error) {
	var topics []string
	r.mu.Lock()
	for _, s := range denied {
		if !r.warned[s.Topic] {
			r.warned[s.Topic] = true
			topics = append(topics, s.Topic)
		}
	}
	r.mu.Unlock()
	if len(topics) == 0 {
		return
	}
	slices.Sort(topics)
	i := slices.IndexFunc(refusals, func(err error) bool { return errors.Is(err, ErrForbidden) })
	r.log.Warn("salt: the registry does not let this program register some topics; it uses them all the same, unchecked", "count", len(topics), "topics", topics[:min(20, len(topics))], "error", refusals[i])
}
