// Package basetest holds base classes for the root package's tests of
// inheritance across packages.
package basetest

import (
	"context"

	"github.com/celerysalt/salt"
)

// Audited is an abstract base: a field and a hook, no definition.
type Audited struct {
	salt.Event
	Actor string `json:"actor" salt:"minLength=1"`
}

// OnPublish fills in the actor.
func (a *Audited) OnPublish(ctx context.Context, next func(context.Context) error) error {
	if a.Actor == "" {
		a.Actor = "system"
	}
	return next(ctx)
}

// RiskCreated is a concrete event.
type RiskCreated struct {
	Audited
	ID    int64   `json:"id"`
	Score float64 `json:"score" salt:"minimum=0,maximum=10"`
	Level string  `json:"level" salt:"default=normal"`
}

var riskCreated = salt.Define[RiskCreated]("base.risk.created")

// Definition names the definition.
func (*RiskCreated) Definition() *salt.Definition[RiskCreated] { return riskCreated }

// Severe tells high risks.
func (r *RiskCreated) Severe() bool { return r.Score > 7 }

// OnPublish sets the level and goes on to the base.
func (r *RiskCreated) OnPublish(ctx context.Context, next func(context.Context) error) error {
	if r.Severe() {
		r.Level = "severe"
	}
	return r.Audited.OnPublish(ctx, next)
}

// Risk is a response.
type Risk struct {
	ID int64 `json:"id"`
}

// ListRisks is a request with a bare list for a response.
type ListRisks struct {
	salt.RPC[[]Risk, *salt.RPCError]
	Limit int `json:"limit" salt:"minimum=1,default=10"`
}

var listRisks = salt.Define[ListRisks]("base.risk.list")

// Definition names the definition.
func (*ListRisks) Definition() *salt.Definition[ListRisks] { return listRisks }
