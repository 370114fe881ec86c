package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
)

// The demo's events, written as any program would. Two things are special: they
// are in a catalog of their own, so that the other commands do not know them,
// and their topics begin with a word of this run, so that a demo on a real
// broker meets nobody else.
var (
	demoCatalog = salt.NewCatalog()
	demoRun     = demoWord()
)

func demoWord() string {
	var b [3]byte
	_, _ = rand.Read(b[:]) // never fails, see crypto/rand
	return fmt.Sprintf("demo-%x", b)
}

func demoTopic(topic string) string { return demoRun + "." + topic }

// UserSignup is the payload of an event in the simple style.
type UserSignup struct {
	UserID int64  `json:"user_id" salt:"minimum=1"`
	Email  string `json:"email" salt:"format=email"`
	Plan   string `json:"plan" salt:"enum=free|pro,default=free"`
}

var userSignup = salt.DefineEvent[UserSignup](demoTopic("user.signup"), salt.In(demoCatalog))

// Audited is an abstract base: a field and a hook, no definition.
type Audited struct {
	salt.Event
	Actor string `json:"actor" salt:"minLength=1"`
}

// OnPublish fills in who did it.
func (a *Audited) OnPublish(ctx context.Context, next func(context.Context) error) error {
	if a.Actor == "" {
		a.Actor = "system"
	}
	return next(ctx)
}

// RiskCreated is an event as a class.
type RiskCreated struct {
	Audited
	ID    int64   `json:"id"`
	Score float64 `json:"score" salt:"minimum=0,maximum=10"`
	Level string  `json:"level" salt:"enum=normal|severe"`
}

var riskCreated = salt.Define[RiskCreated](demoTopic("risk.created"), salt.In(demoCatalog))

// Definition makes it a class.
func (*RiskCreated) Definition() *salt.Definition[RiskCreated] { return riskCreated }

// Severe is a method; handlers get the whole class.
func (r *RiskCreated) Severe() bool { return r.Score > 7 }

// OnPublish sets the level and goes on to the base's hook.
func (r *RiskCreated) OnPublish(ctx context.Context, next func(context.Context) error) error {
	r.Level = "normal"
	if r.Severe() {
		r.Level = "severe"
	}
	return r.Audited.OnPublish(ctx, next)
}

// RiskEscalated inherits fields, methods and hook.
type RiskEscalated struct {
	RiskCreated
	To string `json:"to" salt:"minLength=1"`
}

var riskEscalated = salt.Define[RiskEscalated](demoTopic("risk.escalated"), salt.In(demoCatalog))

// Definition gives the child a topic of its own.
func (*RiskEscalated) Definition() *salt.Definition[RiskEscalated] { return riskEscalated }

var errSelfEscalation = errors.New("nobody escalates to themselves")

// OnPublish may refuse, before the parent's hook runs.
func (r *RiskEscalated) OnPublish(ctx context.Context, next func(context.Context) error) error {
	if r.To == r.Actor {
		return errSelfEscalation
	}
	return r.RiskCreated.OnPublish(ctx, next)
}

// OrderPaidV1 and OrderPaidV2 are two versions of one topic.
type OrderPaidV1 struct {
	OrderID int64 `json:"order_id"`
	Cents   int64 `json:"cents" salt:"minimum=0"`
}

// OrderPaidV2 adds a member.
type OrderPaidV2 struct {
	OrderPaidV1
	Currency string `json:"currency" salt:"minLength=3,maxLength=3"`
}

var (
	orderPaidV1 = salt.DefineEvent[OrderPaidV1](demoTopic("order.paid"), salt.In(demoCatalog))
	orderPaidV2 = salt.DefineEvent[OrderPaidV2](demoTopic("order.paid"), salt.Version("v2"), salt.In(demoCatalog))
)

// Risk is a response.
type Risk struct {
	ID    int64   `json:"id"`
	Score float64 `json:"score"`
}

// RiskError is a request's typed error. Python knows it by its first two members.
type RiskError struct {
	Code    string `json:"error_code" salt:"enum=NOT_FOUND|FORBIDDEN"`
	Message string `json:"error_message"`
	ID      int64  `json:"id"`
}

func (e *RiskError) Error() string { return e.Code + ": " + e.Message }

// GetRisk is a request; response and error are declared with it, once.
type GetRisk struct {
	salt.RPC[Risk, *RiskError]
	ID int64 `json:"id"`
}

var getRisk = salt.Define[GetRisk](demoTopic("risk.get"), salt.In(demoCatalog))

// Definition names the definition.
func (*GetRisk) Definition() *salt.Definition[GetRisk] { return getRisk }
