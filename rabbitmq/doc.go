// Package rabbitmq carries Salt's messages over RabbitMQ (AMQP 0-9-1).
//
//	t, err := rabbitmq.Open("amqp://user:password@host:5672/vhost", nil)
//
// [Open] does no I/O: a broker that is down is waited for, and [Transport.Health]
// tells. What it promises, and how it keeps it:
//
//   - A [Transport.Send] that returned nil was confirmed by the broker. Any
//     other outcome is a *salt.PublishError that says whether the message was
//     certainly refused or may be there.
//   - No call outlives its context by more than [Options.WriteTimeout], also
//     when the broker is frozen, blocked or gone.
//   - A connection is used for one generation. Channels, deliveries and their
//     acknowledgements belong to the generation they came from and are refused
//     after its end: tags restart at 1, and a stale one would remove another
//     message.
//   - Publishing and consuming have a connection each, so that the broker's
//     pushback on publishers does not hold acknowledgements.
//   - A consumer that stopped receiving is found by asking the broker
//     ([Options.CheckInterval]), not only by being told.
//   - What a handler could not handle is in the queue "<name>.dead" with the
//     reason in its x-salt-* headers, confirmed there before it is acknowledged.
//
// The library underneath is github.com/rabbitmq/amqp091-go. Its own recovery is
// not used, because it acknowledges stale deliveries.
package rabbitmq
