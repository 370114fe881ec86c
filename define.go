package salt

import (
	"context"
	"fmt"
	"reflect"
	"runtime"

	"github.com/celerysalt/salt/schema"
)

// Event is embedded by every class-style event. It brings the default hook and
// marks the type as a broadcast. See [Define].
type Event struct{}

// OnPublish is the default hook: it publishes. A class overrides it by a method
// of the same signature, and calls the embedded one for "super()".
func (*Event) OnPublish(ctx context.Context, next func(context.Context) error) error {
	return next(ctx)
}

func (*Event) broadcast()        {}
func (*Event) describe(d *shape) { d.mode = ModeEvent }

// RPC is embedded by every class-style request. Resp is the response's type: a
// struct, or a slice for a bare list. E is the error's type: a pointer to a
// struct that has a member error_code or error_message; [*RPCError] is ready
// made. A request that embeds another request and RPC overrides response and
// error.
type RPC[Resp any, E error] struct{}

// OnCall is the default hook: it calls. See [Event.OnPublish].
func (*RPC[Resp, E]) OnCall(ctx context.Context, next func(context.Context) error) error {
	return next(ctx)
}

func (*RPC[Resp, E]) rpc() (*Resp, E) { panic("salt: carries types only") }
func (*RPC[Resp, E]) describe(d *shape) {
	d.mode, d.response, d.fault = ModeRPC, reflect.TypeFor[Resp](), reflect.TypeFor[E]()
}

// EventOf is what a class-style event satisfies: a pointer to a T that embeds
// [Event] and has a method
//
//	func (*T) Definition() *salt.Definition[T]
//
// A compiler message that names EventOf means that one of them is missing, that
// the hook has another signature, or that a value was given for a pointer.
type EventOf[T any] interface {
	*T
	Definition() *Definition[T]
	OnPublish(ctx context.Context, next func(context.Context) error) error
	broadcast()
}

// RequestOf is what a class-style request satisfies: a pointer to a T that
// embeds [RPC] and has a method
//
//	func (*T) Definition() *salt.Definition[T]
//
// See [EventOf] for what a compiler message about it means.
type RequestOf[T, Resp any, E error] interface {
	*T
	Definition() *Definition[T]
	OnCall(ctx context.Context, next func(context.Context) error) error
	rpc() (*Resp, E)
}

// A Definition ties the type T to a topic, a version and its schemas. Only
// [Define], [DefineEvent] and [DefineRPC] make one, so what compiles has been
// registered. Immutable.
type Definition[T any] struct{ d *definition }

// Spec returns what the definition says, without the Go type.
func (d *Definition[T]) Spec() *Spec { return d.inner().spec }

func (d *Definition[T]) inner() *definition {
	if d == nil {
		panic(fmt.Sprintf("salt: the method Definition of *%s returned nil; return the variable that salt.Define made", reflect.TypeFor[T]()))
	}
	return d.d
}

// Validate checks v as a publish would, without publishing; for constructors.
// The error is a *[ValidationError].
func (d *Definition[T]) Validate(v *T) error {
	_, err := d.inner().encode(v)
	return err
}

// A Defined is any definition with the payload T: a *[Definition], an
// *[EventType] or an *[RPCType].
type Defined[T any] interface {
	Spec() *Spec
	Validate(v *T) error
	inner() *definition
}

// An EventType is a definition in the simple style: a plain payload type and
// its verbs. Immutable.
type EventType[T any] struct{ Definition[T] }

// An RPCType is a definition of a request in the simple style. Immutable.
type RPCType[Req, Resp any, E error] struct{ Definition[Req] }

// definition is the one object beneath both styles, free of type parameters.
type definition struct {
	spec     *Spec
	dialect  Dialect // zero: the bus's
	goType   reflect.Type
	payload  *schema.Type
	response *schema.Type // nil for events
	fault    *schema.Type // nil for events
	errType  reflect.Type // E's struct, nil for events
}

// shape is what a base type tells Define.
type shape struct {
	mode            Mode
	response, fault reflect.Type
	simple          bool // a plain payload: nothing calls its methods
}

// Define defines the class-style event or request T: a struct that embeds
// [Event] or [RPC]. Its definition is a package variable which T's method
// Definition returns:
//
//	var riskCreated = salt.Define[RiskCreated]("risk.created")
//
//	func (*RiskCreated) Definition() *salt.Definition[RiskCreated] { return riskCreated }
//
// Define does no I/O. It panics, with the place, on a bad topic, version, tag
// or type, and when the catalog already holds another schema for the same topic
// and version.
func Define[T any, P interface {
	*T
	describe(*shape)
}](topic string, opts ...Option) *Definition[T] {
	var s shape
	P(new(T)).describe(&s)
	return &Definition[T]{define(reflect.TypeFor[T](), s, topic, opts, callerPlace(1))}
}

// DefineEvent defines an event with the plain payload T, in one line. Hooks
// belong to the class style: a T that has one is refused. It panics as [Define]
// does.
func DefineEvent[T any](topic string, opts ...Option) *EventType[T] {
	s := shape{mode: ModeEvent, simple: true}
	return &EventType[T]{Definition[T]{define(reflect.TypeFor[T](), s, topic, opts, callerPlace(1))}}
}

// DefineRPC defines a request with plain types, in one line. See [RPC] for Resp
// and E. It panics as [Define] does.
func DefineRPC[Req, Resp any, E error](topic string, opts ...Option) *RPCType[Req, Resp, E] {
	var s shape
	(*RPC[Resp, E])(nil).describe(&s)
	s.simple = true
	return &RPCType[Req, Resp, E]{Definition[Req]{define(reflect.TypeFor[Req](), s, topic, opts, callerPlace(1))}}
}

// An Option of a definition.
type Option func(*defineConfig)

type defineConfig struct {
	version, doc, exchange string
	strict, unregistered   bool
	catalog                *Catalog
	dialect                Dialect
}

// Version sets the schema's version; default "v1". See [CheckVersion].
func Version(version string) Option { return func(c *defineConfig) { c.version = version } }

// Doc describes the event, for people: it becomes the schema's description.
func Doc(text string) Option { return func(c *defineConfig) { c.doc = text } }

// Exchange sets the topic exchange; default [DefaultExchange].
func Exchange(name string) Option { return func(c *defineConfig) { c.exchange = name } }

// Strict makes payload, response and error refuse unknown members
// (additionalProperties: false).
func Strict() Option { return func(c *defineConfig) { c.strict = true } }

// NoRegister keeps the definition out of the registry. The local catalog still
// holds it.
func NoRegister() Option { return func(c *defineConfig) { c.unregistered = true } }

// WithDialect publishes in another dialect than the bus's [Options.Dialect],
// for Python services that still run tchu-tchu. Handlers take every dialect.
func WithDialect(d Dialect) Option { return func(c *defineConfig) { c.dialect = d } }

// In puts the definition into c instead of [DefaultCatalog].
func In(c *Catalog) Option { return func(cfg *defineConfig) { cfg.catalog = c } }

// Union registers the variants of the interface I, told apart by the member
// discriminator, whose values each variant declares with the tag const or enum.
// An empty discriminator makes a plain anyOf. Call it before the definitions
// that use I, from a package variable or init; it panics on misuse.
func Union[I any](discriminator string, variants ...I) bool {
	schema.RegisterUnion(discriminator, variants...)
	return true
}

// Decimal is an exact decimal number: text on the wire, so that money survives
// the trip. It reads strings and numbers.
type Decimal = schema.Decimal

func define(t reflect.Type, s shape, topic string, opts []Option, place string) *definition {
	cfg := defineConfig{version: DefaultVersion, exchange: DefaultExchange, catalog: DefaultCatalog}
	for _, o := range opts {
		o(&cfg)
	}
	fail := func(err error) {
		panic(fmt.Sprintf("salt: %s: define %s as %q: %v", place, t, topic, err))
	}
	for _, err := range []error{CheckTopic(topic), checkDefinedVersion(cfg.version), checkExchange(cfg.exchange), checkDialect(cfg.dialect)} {
		if err != nil {
			fail(err)
		}
	}
	d := &definition{dialect: cfg.dialect, goType: t, spec: &Spec{
		Topic: topic, Version: cfg.version, Mode: s.mode, Doc: cfg.doc, Exchange: cfg.exchange,
		Package: t.PkgPath(), Type: t.String(), Source: place, Unregistered: cfg.unregistered,
	}}
	if err := checkHooks(t, s); err != nil {
		fail(err)
	}
	if err := d.reflect(t, s, cfg); err != nil {
		fail(err)
	}
	if err := cfg.catalog.add(d.spec); err != nil {
		panic(fmt.Sprintf("salt: %v", err))
	}
	return d
}

// reflect derives the schemas and refuses types that the wire cannot carry.
func (d *definition) reflect(t reflect.Type, s shape, cfg defineConfig) error {
	var opts []schema.Option
	if cfg.strict {
		opts = append(opts, schema.Strict())
	}
	payloadOpts := opts
	if cfg.doc != "" {
		payloadOpts = append(payloadOpts[:len(opts):len(opts)], schema.Description(cfg.doc))
	}
	var err error
	if d.payload, err = schema.Of(t, payloadOpts...); err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	if err := checkPayload(t, d.payload); err != nil {
		return fmt.Errorf("payload: %w", err)
	}
	d.spec.Schema = d.payload.Schema()
	if s.mode == ModeEvent {
		return nil
	}
	if d.response, err = schema.Of(s.response, opts...); err != nil {
		return fmt.Errorf("response: %w", err)
	}
	if err := checkResponse(s.response, d.response); err != nil {
		return err
	}
	if s.fault.Kind() != reflect.Pointer || s.fault.Elem().Kind() != reflect.Struct {
		return fmt.Errorf("error type %s must be a pointer to a struct; *salt.RPCError is ready made", s.fault)
	}
	d.errType = s.fault.Elem()
	if d.fault, err = schema.Of(d.errType, opts...); err != nil {
		return fmt.Errorf("error: %w", err)
	}
	if err := checkFault(d.errType, d.fault); err != nil {
		return err
	}
	d.spec.Response, d.spec.Error = d.response.Schema(), d.fault.Schema()
	return nil
}

// callerPlace is the file:line of the skip-th caller of the function that asks.
func callerPlace(skip int) string {
	_, file, line, ok := runtime.Caller(skip + 1)
	if !ok {
		return "unknown place"
	}
	return fmt.Sprintf("%s:%d", shortPath(file), line)
}
