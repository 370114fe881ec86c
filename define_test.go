package salt_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
)

type (
	payloadA struct {
		ID int64 `json:"id"`
	}
	payloadB struct {
		ID string `json:"id"`
	}
	// payloadATwin differs from payloadA in annotations only.
	payloadATwin struct {
		ID int64 `json:"id" salt:"description='another text',examples=1|2"`
	}
	badTag struct {
		Name string `json:"name" salt:"minLenght=3"`
	}
	reserved struct {
		Meta string `json:"_tchu_meta"`
	}
	respWithCode struct {
		ErrorCode string `json:"error_code"`
	}
	errWithout struct {
		Reason string `json:"reason"`
	}
	valueErr struct {
		Code string `json:"error_code"`
	}
	hidesFields struct {
		marshalsItself
		ID int64 `json:"id"`
	}
	marshalsItself struct{}
)

type (
	withHook  struct{ ID int }
	wrongHook struct{ salt.Event }
)

func (*withHook) OnPublish(context.Context, func(context.Context) error) error { return nil }
func (*wrongHook) OnCall(context.Context, func(context.Context) error) error   { return nil }

func (*errWithout) Error() string { return "" }
func (valueErr) Error() string    { return "" }
func (marshalsItself) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{"other": "x"})
}

func panicOf(f func()) (message string) {
	defer func() { message = fmt.Sprint(recover()) }()
	f()
	return ""
}

func TestDefinePanics(t *testing.T) {
	t.Parallel()
	type e = *salt.RPCError
	in := func(opts ...salt.Option) []salt.Option { return append(opts, salt.In(salt.NewCatalog())) }
	for name, tt := range map[string]struct {
		define func()
		want   []string // parts of the message
	}{
		"empty topic":       {func() { salt.DefineEvent[payloadA]("", in()...) }, []string{"define_test.go:", "payloadA", "topic is empty"}},
		"long topic":        {func() { salt.DefineEvent[payloadA](strings.Repeat("x", 256), in()...) }, []string{"256 bytes"}},
		"wildcard":          {func() { salt.DefineEvent[payloadA]("user.*", in()...) }, []string{"wildcard", "SubscribePattern"}},
		"bad version":       {func() { salt.DefineEvent[payloadA]("a", in(salt.Version("newest"))...) }, []string{`"newest"`, "v1.2.3"}},
		"no exchange":       {func() { salt.DefineEvent[payloadA]("a", in(salt.Exchange(""))...) }, []string{"exchange"}},
		"misspelt tag":      {func() { salt.DefineEvent[badTag]("a", in()...) }, []string{"define_test.go:", "Name", "minLenght"}},
		"bare list":         {func() { salt.DefineEvent[[]payloadA]("a", in()...) }, []string{"no JSON object", "wrap it in a struct"}},
		"reserved name":     {func() { salt.DefineEvent[reserved]("a", in()...) }, []string{"_tchu_meta"}},
		"channel":           {func() { salt.DefineEvent[struct{ C chan int }]("a", in()...) }, []string{"C", "chan int"}},
		"hidden fields":     {func() { salt.DefineEvent[hidesFields]("a", in()...) }, []string{`"id"`, "MarshalJSON"}},
		"hook on a payload": {func() { salt.DefineEvent[withHook]("a", in()...) }, []string{"OnPublish would never be called", "salt.Define"}},
		"class as payload":  {func() { salt.DefineEvent[hooked]("a", in()...) }, []string{"OnPublish would never be called"}},
		"hook of requests":  {func() { salt.Define[wrongHook]("a", in()...) }, []string{"OnCall would never be called", "OnPublish"}},
		"version without v": {func() { salt.DefineEvent[payloadA]("a", in(salt.Version("2"))...) }, []string{`must begin with v: v2`}},
		"one version twice": {func() {
			c := salt.NewCatalog()
			salt.DefineEvent[payloadA]("a", salt.In(c), salt.Version("v2"))
			salt.DefineEvent[payloadB]("a", salt.In(c), salt.Version("v2.0"))
		}, []string{"v2.0 is the same version as v2"}},
		"response code": {func() { salt.DefineRPC[payloadA, respWithCode, e]("a", in()...) }, []string{"respWithCode", "error_code", "rename"}},
		"error without": {func() { salt.DefineRPC[payloadA, payloadB, *errWithout]("a", in()...) }, []string{"errWithout", "error_code or error_message"}},
		"value error":   {func() { salt.DefineRPC[payloadA, payloadB, valueErr]("a", in()...) }, []string{"valueErr", "pointer"}},
		"error itself":  {func() { salt.DefineRPC[payloadA, payloadB, error]("a", in()...) }, []string{"*salt.RPCError"}},
		"M8: one topic and version, two schemas": {func() {
			c := salt.NewCatalog()
			salt.DefineEvent[payloadA]("user.signup", salt.In(c))
			salt.DefineEvent[payloadB]("user.signup", salt.In(c))
		}, []string{`topic "user.signup" version "v1" has two different schemas`, "payloadA at ", "payloadB at ", "define_test.go:", "/properties/id", "give the new one another version or topic"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := panicOf(tt.define)
			for _, part := range tt.want {
				if !strings.Contains(got, part) {
					t.Errorf("panic %q does not contain %q", got, part)
				}
			}
		})
	}
}

func TestDefineTwice(t *testing.T) {
	t.Parallel()
	c := salt.NewCatalog()
	salt.DefineEvent[payloadA]("a", salt.In(c))
	salt.DefineEvent[payloadA]("a", salt.In(c))
	salt.DefineEvent[payloadATwin]("a", salt.In(c), salt.Doc("annotations never conflict"))
	salt.DefineEvent[payloadB]("a", salt.In(c), salt.Version("v2"))
	if n := len(c.Specs()); n != 2 {
		t.Errorf("%d specs, want 2", n)
	}
}

// node is recursive: its schema's root is a reference.
type node struct {
	Children []*node `json:"children"`
}

func TestDefineRecursive(t *testing.T) {
	t.Parallel()
	if s := salt.DefineEvent[node]("tree", salt.In(salt.NewCatalog())).Spec().Schema; !strings.Contains(s.String(), `"$ref"`) {
		t.Errorf("schema %s", s)
	}
}

func TestSpecProvenance(t *testing.T) {
	t.Parallel()
	d := salt.DefineEvent[payloadA]("prov", salt.In(salt.NewCatalog()), salt.Version("v3"), salt.Doc("d"), salt.Exchange("x"), salt.NoRegister())
	s := d.Spec()
	if s.Topic != "prov" || s.Version != "v3" || s.Mode != salt.ModeEvent || s.Doc != "d" || s.Exchange != "x" || !s.Unregistered {
		t.Errorf("spec %+v", s)
	}
	if !strings.HasSuffix(s.Package, "salt_test") || !strings.HasSuffix(s.Type, ".payloadA") || !strings.Contains(s.Source, "define_test.go:") {
		t.Errorf("provenance %q %q %q", s.Package, s.Type, s.Source)
	}
}

func TestSubscribePanics(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	noop := func(context.Context, *salt.Message) error { return nil }
	req := salt.DefineRPC[payloadA, payloadB, *salt.RPCError]("sub.rpc", salt.In(salt.NewCatalog()))
	answer := func(context.Context, *payloadA) (*payloadB, error) { return nil, nil }
	req.Handle(bus, answer)
	for name, tt := range map[string]struct {
		subscribe func()
		want      string
	}{
		"bad pattern":       {func() { salt.SubscribePattern(bus, "a.b*", noop) }, "plain character"},
		"bad version":       {func() { salt.SubscribePattern(bus, "a", noop, salt.FromVersion("x")) }, "v1.2.3"},
		"bad concurrency":   {func() { salt.SubscribePattern(bus, "a", noop, salt.Concurrency(-1)) }, "negative"},
		"second handler":    {func() { req.Handle(bus, answer) }, "already answered"},
		"other exchange":    {func() { req.Handle(bus, answer, salt.FromExchange("x")) }, "FromExchange is for patterns"},
		"queue of requests": {func() { salt.SubscribePattern(bus, "a", noop, salt.OnQueue("svc.rpc")) }, "queues of their own"},
		"bad queue":         {func() { salt.SubscribePattern(bus, "a", noop, salt.OnQueue("a b")) }, "queue name"},
		"bad payload":       {func() { salt.SubscribePattern(bus, "a", func(context.Context, *badTag) error { return nil }) }, "minLenght"},
	} {
		if got := panicOf(tt.subscribe); !strings.Contains(got, tt.want) || !strings.Contains(got, "define_test.go:") {
			t.Errorf("%s: panic %q, want one with %q and the place", name, got, tt.want)
		}
	}
	if err := bus.Start(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := panicOf(func() { salt.SubscribePattern(bus, "late", noop) }); !strings.Contains(got, "before Start or Run") {
		t.Errorf("late subscription: panic %q", got)
	}
}

func TestNilDefinition(t *testing.T) {
	t.Parallel()
	bus := newBus(t, nil)
	got := panicOf(func() { _, _ = salt.Publish(t.Context(), bus, &nilDefinition{}) })
	if !strings.Contains(got, "Definition of *salt_test.nilDefinition returned nil") {
		t.Errorf("panic %q", got)
	}
}

type nilDefinition struct{ salt.Event }

func (*nilDefinition) Definition() *salt.Definition[nilDefinition] { return nil }
