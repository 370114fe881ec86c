package server

import (
	"context"
	"time"
)

const (
	probeTimeout = 2 * time.Second // of the store
	probeFresh   = time.Second     // how long an answer holds
)

// A probe asks the store whether it works, for all who want to know it at about
// the same time: anybody may ask for a server's health, as often as he likes.
type probe struct {
	turn chan struct{} // held by who looks at the rest
	at   time.Time
	err  error
}

func newProbe() *probe { return &probe{turn: make(chan struct{}, 1)} }

// ask returns what ask returned to somebody within the last second, or calls it.
func (p *probe) ask(ctx context.Context, ask func(context.Context) error) error {
	select {
	case p.turn <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-p.turn }()
	if !p.at.IsZero() && time.Since(p.at) < probeFresh {
		return p.err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), probeTimeout) // the answer is not for this client alone
	defer cancel()
	p.err = ask(ctx)
	p.at = time.Now()
	return p.err
}
