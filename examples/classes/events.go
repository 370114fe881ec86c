package main

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
)

// Audited is an abstract base: fields and a hook for a family of events, and no
// definition, so it cannot be published itself.
type Audited struct {
	salt.Event
	Actor string `json:"actor" salt:"minLength=1"`
}

// OnPublish runs before the event is checked and sent. It may change the event,
// do something after next, or veto by not calling next.
func (a *Audited) OnPublish(ctx context.Context, next func(context.Context) error) error {
	if a.Actor == "" {
		a.Actor = "system"
	}
	return next(ctx)
}

// RiskCreated is a concrete event: fields, methods, a definition.
type RiskCreated struct {
	Audited
	ID    int64   `json:"id"`
	Score float64 `json:"score" salt:"minimum=0,maximum=10"`
	Level string  `json:"level" salt:"enum=normal|severe,default=normal"`
}

var riskCreated = salt.Define[RiskCreated]("examples.risk.created", salt.Doc("A risk was entered."))

// Definition is what makes a type a class. Forgetting it does not compile.
func (*RiskCreated) Definition() *salt.Definition[RiskCreated] { return riskCreated }

// Severe is a method like any other; handlers get the whole class.
func (r *RiskCreated) Severe() bool { return r.Score > 7 }

// OnPublish overrides the base's hook and calls it: Python's super().
func (r *RiskCreated) OnPublish(ctx context.Context, next func(context.Context) error) error {
	r.Level = "normal"
	if r.Severe() {
		r.Level = "severe"
	}
	return r.Audited.OnPublish(ctx, next)
}

// RiskEscalated inherits fields, methods and hook; only its topic is its own.
type RiskEscalated struct {
	RiskCreated
	To string `json:"to" salt:"minLength=1"`
}

var riskEscalated = salt.Define[RiskEscalated]("examples.risk.escalated")

// Definition names the child's own definition.
func (*RiskEscalated) Definition() *salt.Definition[RiskEscalated] { return riskEscalated }

// Severe hides the parent's method from whoever holds a RiskEscalated. The
// parent's hook still calls the parent's: embedding is not Python's inheritance.
func (*RiskEscalated) Severe() bool { return true }

// OnPublish vetoes what should not leave, and goes on to the parent.
func (r *RiskEscalated) OnPublish(ctx context.Context, next func(context.Context) error) error {
	if r.To == r.Actor {
		return fmt.Errorf("%s cannot escalate to themselves", r.Actor)
	}
	return r.RiskCreated.OnPublish(ctx, next)
}

// Risk is a response.
type Risk struct {
	ID    int64  `json:"id"`
	Level string `json:"level"`
}

// GetRisk is a request; response and error are declared with it, once.
type GetRisk struct {
	salt.RPC[Risk, *salt.RPCError]
	ID int64 `json:"id"`
}

var getRisk = salt.Define[GetRisk]("examples.risk.get")

// Definition names the definition.
func (*GetRisk) Definition() *salt.Definition[GetRisk] { return getRisk }
