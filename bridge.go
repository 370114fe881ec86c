package salt

import (
	"cmp"
	"context"
	"slices"
)

// Bridge repeats in the dialect to every event that matches one of the patterns
// (see [CheckPattern]) and was written in the dialect from, once, under the same
// id, topic and payload: Python services which still run the one package then
// hear those that run the other. Two calls bridge both ways; copies are never
// copied.
//
// What comes from tchu-tchu, which knows no versions, gets [DefaultVersion].
// Salt's own handlers take both dialects and get no copies. The copy is
// confirmed before the event is acknowledged; one that can not be sent is
// dead-lettered like the event of any handler that failed, and so it is worth
// giving the bridge a queue of its own: OnQueue.
//
// An event with an eta is copied at once, with its eta, unless a subscription of
// another kind on the same queue has to wait for it.
//
// Requests are not bridged. Those of tchu-tchu can not be told from its events,
// so no pattern may match them. They need no bridge to or from a Go service, while
// between two Python services none can help: the worker that does not know the
// task's name answers first, that it does not (PROTOCOL.md, section 6.7).
//
// Like [SubscribePattern] it is called before Start or Run, and panics on bad
// arguments.
func Bridge(b *Bus, from, to Dialect, patterns []string, opts ...SubscribeOption) {
	if from == to || from < CelerySalt || from > TchuTchu || to < CelerySalt || to > TchuTchu {
		panic("salt: " + userPlace() + ": bridge: it needs two different dialects, salt.CelerySalt and salt.TchuTchu")
	}
	name := Name("bridge from " + from.String() + " to " + to.String())
	for i, pattern := range patterns {
		var sub *subscription
		own := func(s *subscription) { s.repeats, sub = true, s }
		SubscribePattern(b, pattern, func(ctx context.Context, m *Message) error {
			earlier := slices.ContainsFunc(patterns[:i], func(p string) bool { return covers(p, m) })
			request := m.RPC && m.Dialect == CelerySalt // of tchu-tchu that says nothing
			if m.Dialect != from || earlier || request {
				return nil
			}
			return b.Send(ctx, bridged(m, to, sub.exchange))
		}, append([]SubscribeOption{name, own}, opts...)...)
	}
}

// bridged is the copy of m in another dialect. A message that was put straight
// into the queue, as a replayed one is, has lost its exchange.
func bridged(m *Message, to Dialect, exchange string) *Message {
	version := DefaultVersion
	if m.Dialect == CelerySalt {
		version = "" // it would not travel
	}
	return &Message{
		ID: m.ID, Topic: m.Topic, Version: version, CorrelationID: m.CorrelationID,
		Exchange: cmp.Or(m.Exchange, exchange), RoutingKey: m.RoutingKey, Header: m.Header, Trace: m.Trace,
		Expires: m.Expires, NotBefore: m.NotBefore, Priority: m.Priority, Transient: m.Transient,
		Dialect: to, BridgedFrom: m.Dialect, Body: m.Body,
	}
}
