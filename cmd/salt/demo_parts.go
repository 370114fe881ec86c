package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// A part of the demo shows one thing; its run fails when the thing is not so.
type part struct {
	title string
	run   func(ctx context.Context) error
}

func (d *demo) parts() []part {
	return []part{
		{"An event in one line", d.simple},
		{"An event as a class, with a hook", d.class},
		{"Inheritance", d.inheritance},
		{"Two versions side by side", d.versions},
		{"A request with a typed error", d.rpc},
		{"What does not fit its schema is not sent", d.validation},
		{"Two schemas for one version are refused", d.conflict},
	}
}

// deliveries is what the handlers hand to the parts.
type deliveries struct {
	signups    chan *UserSignup
	created    chan *RiskCreated
	escalated  chan *RiskEscalated
	everything chan struct{} // one for each order.paid, when all handlers have had it

	mu   sync.Mutex
	v1   []string // versions that each handler saw
	v2   []string
	both []string
}

func (g *deliveries) saw(ctx context.Context, list *[]string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	*list = append(*list, salt.Info(ctx).Version)
	slices.Sort(*list) // deliveries may overtake each other
}

// subscribe adds all handlers. Their queues are private to this run.
func (d *demo) subscribe() {
	g := &d.got
	g.signups, g.created = make(chan *UserSignup, 8), make(chan *RiskCreated, 8)
	g.escalated, g.everything = make(chan *RiskEscalated, 8), make(chan struct{}, 8)

	userSignup.Subscribe(d.bus, func(_ context.Context, u *UserSignup) error {
		g.signups <- u
		return nil
	}, salt.Ephemeral())
	salt.Subscribe(d.bus, func(_ context.Context, r *RiskCreated) error {
		g.created <- r
		return nil
	}, salt.Ephemeral())
	salt.Subscribe(d.bus, func(_ context.Context, r *RiskEscalated) error {
		g.escalated <- r
		return nil
	}, salt.Ephemeral())
	orderPaidV1.Subscribe(d.bus, func(ctx context.Context, _ *OrderPaidV1) error {
		g.saw(ctx, &g.v1)
		return nil
	}, salt.Ephemeral())
	orderPaidV2.Subscribe(d.bus, func(ctx context.Context, _ *OrderPaidV2) error {
		g.saw(ctx, &g.v2)
		return nil
	}, salt.Ephemeral())
	orderPaidV1.Subscribe(d.bus, func(ctx context.Context, _ *OrderPaidV1) error {
		g.saw(ctx, &g.both)
		g.everything <- struct{}{} // the last handler of the queue: the others have had it
		return nil
	}, salt.Ephemeral(), salt.AllVersions())
	salt.Handle(d.bus, func(_ context.Context, q *GetRisk) (*Risk, error) {
		if q.ID != 7 {
			return nil, &RiskError{Code: "NOT_FOUND", Message: fmt.Sprintf("there is no risk %d", q.ID), ID: q.ID}
		}
		return &Risk{ID: 7, Score: 9.5}, nil
	}, salt.Ephemeral())
}

// arrival waits for one delivery.
func arrival[T any](ctx context.Context, from <-chan T) (T, error) {
	select {
	case v := <-from:
		return v, nil
	case <-ctx.Done():
		var none T
		return none, context.Cause(ctx)
	}
}

// expect fails unless what was said is so.
func expect(so bool, format string, args ...any) error {
	if so {
		return nil
	}
	return fmt.Errorf("not so: "+format, args...)
}

func (d *demo) simple(ctx context.Context) error {
	d.say("A plain struct, one definition. Its JSON Schema is made from the type.")
	d.code(`var userSignup = salt.DefineEvent[UserSignup]("user.signup")`)
	d.code(`id, err := userSignup.Publish(ctx, bus, &UserSignup{UserID: 7, Email: "ann@example.com", …})`)
	id, err := userSignup.Publish(ctx, d.bus, &UserSignup{UserID: 7, Email: "ann@example.com", Plan: "pro"})
	if err != nil {
		return err
	}
	u, err := arrival(ctx, d.got.signups)
	if err != nil {
		return err
	}
	d.show("published", "id %s, confirmed", id)
	d.show("handled", "user %d, %s, plan %s", u.UserID, u.Email, u.Plan)
	return errors.Join(d.showWire(),
		expect(*u == UserSignup{UserID: 7, Email: "ann@example.com", Plan: "pro"}, "the handler got what was published"))
}

func (d *demo) class(ctx context.Context) error {
	d.say("A type with methods. OnPublish runs around every publish and may change the event;")
	d.say("calling the embedded base's hook is Python's super().")
	d.code(`func (r *RiskCreated) OnPublish(ctx, next) error { r.Level = …; return r.Audited.OnPublish(ctx, next) }`)
	d.code(`salt.Publish(ctx, bus, &RiskCreated{ID: 7, Score: 9.5})`)
	if _, err := salt.Publish(ctx, d.bus, &RiskCreated{ID: 7, Score: 9.5}, salt.Priority(5)); err != nil {
		return err
	}
	r, err := arrival(ctx, d.got.created)
	if err != nil {
		return err
	}
	d.show("handled", "risk %d by %q, level %q; its method Severe() says %t", r.ID, r.Actor, r.Level, r.Severe())
	return expect(r.Actor == "system" && r.Level == "severe" && r.Severe(), "both hooks ran, and the handler got the class")
}

func (d *demo) inheritance(ctx context.Context) error {
	d.say("RiskEscalated embeds RiskCreated: fields, methods and hook come along, the topic is its own.")
	d.say("Its own hook refuses some events before the parent's runs.")
	up := &RiskEscalated{To: "cro"}
	up.ID, up.Score, up.Actor = 8, 3, "ann"
	if _, err := salt.Publish(ctx, d.bus, up); err != nil {
		return err
	}
	r, err := arrival(ctx, d.got.escalated)
	if err != nil {
		return err
	}
	d.show("handled", "risk %d by %q to %q, level %q", r.ID, r.Actor, r.To, r.Level)
	up.To = "ann"
	before := len(d.sentSoFar())
	_, err = salt.Publish(ctx, d.bus, up)
	d.show("refused", "%v", err)
	return errors.Join(
		expect(r.Actor == "ann" && r.To == "cro" && r.Level == "normal" && !r.Severe(), "the child has its parent's members"),
		expect(errors.Is(err, errSelfEscalation) && len(d.sentSoFar()) == before, "the hook's error comes back and nothing was sent"),
		expect(len(d.got.created) == 0, "the parent's handler does not get the child's events"))
}

func (d *demo) versions(ctx context.Context) error {
	d.say("v2 adds a member. A handler gets its own version and newer, never older.")
	d.code(`salt.DefineEvent[OrderPaidV2]("order.paid", salt.Version("v2"))`)
	v1 := OrderPaidV1{OrderID: 1, Cents: 1999}
	_, err1 := orderPaidV1.Publish(ctx, d.bus, &v1)
	_, err2 := orderPaidV2.Publish(ctx, d.bus, &OrderPaidV2{v1, "EUR"})
	if err := errors.Join(err1, err2); err != nil {
		return err
	}
	for range 2 {
		if _, err := arrival(ctx, d.got.everything); err != nil {
			return err
		}
	}
	g := &d.got
	g.mu.Lock()
	defer g.mu.Unlock()
	d.show("v1 got", "%s", strings.Join(g.v1, " and "))
	d.show("v2 got", "%s", strings.Join(g.v2, " and "))
	return errors.Join(
		expect(slices.Equal(g.v1, []string{"v1", "v2"}), "the v1 handler gets both, it got %q", g.v1),
		expect(slices.Equal(g.v2, []string{"v2"}), "the v2 handler gets v2 alone, it got %q", g.v2),
		expect(slices.Equal(g.both, []string{"v1", "v2"}), "AllVersions gets both, it got %q", g.both))
}

func (d *demo) rpc(ctx context.Context) error {
	d.say("Response and error are declared with the request, so Call infers them.")
	d.code(`type GetRisk struct { salt.RPC[Risk, *RiskError]; ID int64 }`)
	d.code(`risk, err := salt.Call(ctx, bus, &GetRisk{ID: 7})`)
	risk, err := salt.Call(ctx, d.bus, &GetRisk{ID: 7})
	if err != nil {
		return err
	}
	d.show("answer", "risk %d has score %g", risk.ID, risk.Score)
	_, err = salt.Call(ctx, d.bus, &GetRisk{ID: 404})
	refused, ok := errors.AsType[*RiskError](err)
	if !ok {
		return fmt.Errorf("not so: risk 404 is a *RiskError, it is %w", err)
	}
	d.show("error", "a %T with code %s: %s", refused, refused.Code, refused.Message)
	return errors.Join(
		expect(*risk == Risk{ID: 7, Score: 9.5}, "the response is what the handler returned"),
		expect(refused.Code == "NOT_FOUND" && refused.ID == 404, "the error is what the handler returned"))
}

func (d *demo) validation(ctx context.Context) error {
	d.say("Every failing field is named, with its rule; values are not, so the report may be logged.")
	d.code(`userSignup.Publish(ctx, bus, &UserSignup{UserID: 0, Email: "ann at example", Plan: "gold"})`)
	before := len(d.sentSoFar())
	_, err := userSignup.Publish(ctx, d.bus, &UserSignup{UserID: 0, Email: "ann at example", Plan: "gold"})
	bad, ok := errors.AsType[*salt.ValidationError](err)
	if !ok {
		return fmt.Errorf("not so: the publish is a *salt.ValidationError, it is %w", err)
	}
	var places []string
	label := "refused"
	for _, f := range bad.Fields {
		d.show(label, "%v", f)
		label = ""
		places = append(places, f.Pointer)
	}
	slices.Sort(places)
	return errors.Join(
		expect(slices.Equal(places, []string{"/email", "/plan", "/user_id"}), "three fields fail, these do: %q", places),
		expect(!strings.Contains(err.Error(), "ann at example"), "no value is in the error"),
		expect(len(d.sentSoFar()) == before, "nothing was sent"))
}

func (d *demo) conflict(ctx context.Context) error {
	d.say("Schemas go to a registry, here one in memory. Another program that gives risk.created v1")
	d.say("another shape does not start.")
	type RiskCreated struct {
		ID    string  `json:"id"`
		Score float64 `json:"score"`
	}
	other := salt.NewCatalog()
	salt.DefineEvent[RiskCreated](demoTopic("risk.created"), salt.In(other))
	bus, err := salt.Open(ctx, inmem.New(), &salt.Options{Catalog: other, Registry: d.registry, Service: "other"})
	if err == nil {
		return errors.Join(errors.New("not so: the other program is refused"), bus.Close(ctx))
	}
	conflict, ok := errors.AsType[*salt.ConflictError](err)
	if !ok {
		return fmt.Errorf("not so: the refusal is a *salt.ConflictError, it is %w", err)
	}
	d.show("refused", "topic %q version %q has two different schemas", conflict.Topic, conflict.Version)
	d.show("", "%s", conflict.Have)
	d.show("", "%s", conflict.Want)
	for _, difference := range conflict.Differences[:min(2, len(conflict.Differences))] {
		d.show("", "%v", difference)
	}
	d.show("", "… of %d differences", len(conflict.Differences))
	have, err := d.registry.Lookup(ctx, demoTopic("risk.created"), salt.LatestVersion)
	if err != nil {
		return err
	}
	return errors.Join(
		expect(len(conflict.Differences) > 2 && conflict.Part == "payload", "the differences are named"),
		expect(have.Schema == riskCreated.Spec().Schema, "the registry still has the first schema"))
}
