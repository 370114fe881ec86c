package celery

import (
	"unicode/utf8"

	"github.com/celerysalt/salt"
)

// Decode reads a message of any shape that celery-salt and tchu-tchu publish
// (PROTOCOL.md, sections 2, 3, 5 and 9).
//
// The error is [ErrForeign], wrapped, for what belongs to somebody else, and a
// *[RejectError] for what cannot be decoded: other content types than
// application/json in UTF-8, JSON that is not strict, payloads beyond the
// limits, shapes that make a Python worker fail. There is no other error.
//
// A message whose time is over is decoded like any other: look at Expires. A
// tchu-tchu message does not say whether it is a request; it is taken for one
// if it names a reply address, as also tchu-tchu's broadcasts through Celery
// do, so it is the receiver's handler that decides.
//
// ReplyTo is set on requests, for [EncodeReply]. Attempt is 1; the transport
// knows better.
func Decode(e *Envelope, l Limits) (*salt.Message, error) {
	l = l.orDefaults()
	t, err := readTask(e, l)
	if err != nil {
		return nil, err
	}
	body, meta, err := cutMeta(t.payload)
	if err != nil {
		return nil, reject("payload: %v", err)
	}
	if err := l.check(body); err != nil {
		return nil, err
	}
	m := &salt.Message{
		ID:            t.id,
		Topic:         t.topic,
		Version:       meta.version,
		CorrelationID: meta.correlationID,
		RPC:           meta.rpc,
		Header:        ownHeaders(e.Headers),
		Trace:         meta.trace,
		Expires:       t.expires,
		NotBefore:     t.eta,
		Priority:      min(e.Properties.Priority, maxPriority),
		Transient:     e.Properties.DeliveryMode != persistentMode,
		Dialect:       t.dialect,
		BridgedFrom:   bridgedFrom(e.Headers, t.dialect),
		Body:          body,
		Attempt:       1,
	}
	if !meta.present {
		m.RPC = t.dialect == salt.CelerySalt || e.Properties.ReplyTo != ""
	}
	if m.RPC {
		m.AwaitsStored = e.Headers[storedHeader] != nil
		m.ReplyTo = replyAddress(e.Properties, m.ID)
	}
	if err := setRoute(m, e); err != nil {
		return nil, err
	}
	return m, nil
}

// setRoute records how the message came, as far as that belongs to it. Through
// the default exchange the routing key is the name of a queue, which does not.
func setRoute(m *salt.Message, e *Envelope) error {
	if m.Topic == "" && e.Exchange != "" {
		m.Topic = e.RoutingKey
	}
	if m.Topic == "" || len(m.Topic) > maxShort || !utf8.ValidString(m.Topic) {
		return reject("topic is not 1 to %d bytes of UTF-8", maxShort)
	}
	if e.Exchange == "" {
		return nil
	}
	m.Exchange = e.Exchange
	if e.RoutingKey != m.Topic {
		m.RoutingKey = e.RoutingKey
	}
	return nil
}
