package registry

import (
	"context"
	"fmt"
	"iter"

	"github.com/celerysalt/salt"
)

// A reader runs a function that may look at the state.
type reader func(ctx context.Context, what string, f func(*state) error) error

// listed yields a list that is taken at once.
func listed[T any](ctx context.Context, what string, read reader, list func(*state) []*T) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		var all []*T
		err := read(ctx, what, func(s *state) error { all = list(s); return nil })
		for _, one := range all {
			if err = ctx.Err(); err != nil {
				err = fmt.Errorf("%s: %w", what, err)
				break
			}
			if !yield(one, nil) {
				return
			}
		}
		if err != nil {
			yield(nil, err)
		}
	}
}

// specsOf yields the specs of records.
func specsOf(records iter.Seq2[*salt.Record, error]) iter.Seq2[*salt.Spec, error] {
	return func(yield func(*salt.Spec, error) bool) {
		for record, err := range records {
			if err != nil {
				yield(nil, err)
				return
			}
			if !yield(&record.Spec, nil) {
				return
			}
		}
	}
}
