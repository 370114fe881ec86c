// Package mistakes does not compile, on purpose: every line with a want comment
// is a mistake that the compiler must refuse with such a message. The test is
// TestMistakesDoNotCompile; the numbers are those of the design's table.
package mistakes

import (
	"context"

	"github.com/celerysalt/salt"
)

var (
	ctx context.Context
	bus *salt.Bus
)

type Good struct{ salt.Event }

var good = salt.Define[Good]("good")

func (*Good) Definition() *salt.Definition[Good] { return good }

type Ask struct {
	salt.RPC[Answer, *salt.RPCError]
}
type Answer struct{ N int }

var ask = salt.Define[Ask]("ask")

func (*Ask) Definition() *salt.Definition[Ask] { return ask }

// M1: a class that was never defined.
type Undefined struct{ salt.Event }

// M2: a child that forgets its own definition.
type Child struct {
	Good
	More string
}

// M3: a hook with another signature.
type BadHook struct{ salt.Event }

var badHook = salt.Define[BadHook]("badhook")

func (*BadHook) Definition() *salt.Definition[BadHook] { return badHook }
func (*BadHook) OnPublish() error                      { return nil }

// M9: no embedded base.
type NoBase struct{ ID int }

// M11: two parents with hooks.
type Other struct{ salt.Event }

var other = salt.Define[Other]("other")

func (*Other) Definition() *salt.Definition[Other] { return other }

type TwoParents struct {
	Good
	Other
}

func (*TwoParents) Definition() *salt.Definition[TwoParents] { return nil }

var simple = salt.DefineEvent[Answer]("simple")

type notAnError struct{ Code string }

func _() {
	salt.Publish(ctx, bus, &Undefined{})                                             // want M1 "missing method Definition"
	salt.Publish(ctx, bus, &Child{})                                                 // want M2 "wrong type for method Definition"
	salt.Publish(ctx, bus, &BadHook{})                                               // want M3 "wrong type for method OnPublish"
	salt.Handle(bus, func(context.Context, *Ask) (*Good, error) { return nil, nil }) // want M4 "wrong type for method rpc"
	salt.Publish(ctx, bus, &Ask{})                                                   // want M5a "missing method"
	salt.Call(ctx, bus, &Good{})                                                     // want M5b "missing method|cannot infer|does not satisfy"
	salt.Publish(ctx, bus, Good{})                                                   // want M6 "does not satisfy salt.EventOf"
	_ = salt.DefineRPC[Ask, Answer, *notAnError]("rpc")                              // want M7 "does not satisfy error"
	_ = salt.Define[NoBase]("nobase")                                                // want M9 "missing method describe"
	simple.Publish(ctx, bus, &Good{})                                                // want M10 "cannot use &Good"
	salt.Publish(ctx, bus, &TwoParents{})                                            // want M11 "ambiguous|does not satisfy"
	salt.Subscribe(bus, func(context.Context, *Answer) error { return nil })         // want M12 "missing method"
	salt.Subscribe(bus, func(context.Context, Good) error { return nil })            // want M13 "does not satisfy salt.EventOf"
	salt.Subscribe(bus, func(context.Context, *Child) error { return nil })          // want M2b "wrong type for method Definition"
	_ = &salt.Definition[Good]{d: nil}                                               // want only-Define "cannot refer to unexported field d"
}
