// Package salt gives Go typed, schema-registered events and RPC over RabbitMQ,
// wire compatible with Python's celery-salt: Go and Python services share one
// bus and one set of schemas.
//
// # Vocabulary
//
// A [Definition] ties a Go type to a topic, a version and a JSON Schema made
// from the type. There are two styles, which are one object underneath:
//
//   - simple: [DefineEvent] and [DefineRPC] take a plain payload type and return
//     a value with the verbs as methods: Publish and Subscribe, Call and Handle.
//   - class: a type embeds [Event] or [RPC], is defined by [Define], and names
//     its definition by a method. It has methods and a hook of its own, and other
//     classes inherit from it by embedding. Its verbs are functions: [Publish],
//     [PublishAll], [Subscribe], [Call], [Handle].
//
// A [Bus], made by [Open] on a [Transport], carries them: RabbitMQ (package
// rabbitmq) or this process (package inmem). [SubscribePattern] sees everything
// below a topic, [Info] tells a handler about its message, [Bus.Send] and
// [Bus.Request] are the doors for raw messages.
//
// # Guarantees
//
//   - What compiles is registered: a type without a definition does not fit the
//     verbs, and defining checks topic, version, tags and schema when the
//     program starts. Two schemas for one topic and version panic with both
//     places, or are a [*ConflictError] from [Open] if another program has one.
//   - A payload is checked against its schema before it is sent, when it is
//     received, and so are responses and errors. A [*ValidationError] names every
//     failing field and no value.
//   - A publish that returned nil is confirmed by the broker. Otherwise a
//     [*PublishError] says whether the message is certainly not there or perhaps;
//     a retry keeps the message id ([MessageID]).
//   - A confirmed message is handled at least once by each service that has a
//     queue for it, or is in that service's dead-letter queue with the reason.
//     Handlers must bear being called twice, and the instances of a service
//     must agree on what they subscribe to: they share its queue. Requests are transient: they are
//     answered, or their caller gets an error by its deadline.
//   - A handler gets messages of its own version and newer, never older;
//     [AllVersions] lifts that, [Upcast] converts older ones.
//   - A call ends with its context, plus at most a bound that the transport
//     states. A panic in a handler costs its message, not the program.
//   - Only an error of the declared type crosses to the caller of a request; any
//     other reads "internal error" there and stands in the service's log.
//
// # More
//
// The examples below show one feature each; the directory examples holds small
// whole programs. Package salttest is for tests of programs that use salt.
// DESIGN.md tells how the parts fit, and what is not obvious.
package salt
