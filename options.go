package salt

import (
	"fmt"
	"maps"
	"strings"
	"time"
)

// A MessageOption sets one thing of one message: an event being published or a
// request being called. A bad value fails that publish or call.
type MessageOption func(*Message) error

// RoutingKey publishes under another routing key than the topic. Handlers
// still see the topic.
func RoutingKey(key string) MessageOption {
	return func(m *Message) error {
		if err := checkWords(key); err != nil {
			return fmt.Errorf("routing key %w", err)
		}
		m.RoutingKey = key
		return nil
	}
}

// Priority is 0 (default) to 10 (most urgent). It orders messages only in queues
// that were declared with priorities.
func Priority(p int) MessageOption {
	return func(m *Message) error {
		if p < 0 || p > 10 {
			return fmt.Errorf("priority %d is not in 0 to 10", p)
		}
		m.Priority = uint8(p)
		return nil
	}
}

// Expires drops the message unhandled when d has passed. At least 1 ms.
func Expires(d time.Duration) MessageOption {
	return func(m *Message) error {
		if d < time.Millisecond {
			return fmt.Errorf("expiry %v is below 1ms", d)
		}
		m.Expires = time.Now().Add(d)
		return nil
	}
}

// MessageID sets the id, for a retry of a publish whose outcome is unknown.
// Ids must be unique in the bus: a Python worker with a Redis backend never
// overwrites the result of an id it has seen.
func MessageID(id string) MessageOption {
	return func(m *Message) error {
		if id == "" || len(id) > maxKey {
			return fmt.Errorf("message id must have 1 to %d bytes, has %d", maxKey, len(id))
		}
		m.ID = id
		return nil
	}
}

// CorrelationID sets the application's correlation id. Within a handler the
// default is the id of the message being handled, or that message's own
// correlation id.
func CorrelationID(id string) MessageOption {
	return func(m *Message) error {
		m.CorrelationID = id
		return nil
	}
}

// Header adds an application header. See [Message.Header] for reserved names.
func Header(name, value string) MessageOption {
	return func(m *Message) error {
		if name == "" || len(name) > maxKey || strings.HasPrefix(name, "x-salt-") {
			return fmt.Errorf("header name %q is empty, too long, or begins with the reserved x-salt-", name)
		}
		if m.Header == nil {
			m.Header = map[string]string{}
		} else {
			m.Header = maps.Clone(m.Header)
		}
		m.Header[name] = value
		return nil
	}
}

// MustRoute makes an event that reaches no queue an [ErrUnroutable]. Without
// it a broadcast may be unheard; [TransportHealth] counts those.
func MustRoute() MessageOption {
	return func(m *Message) error {
		m.MustRoute = true
		return nil
	}
}

// Transient lets the broker forget the message in a restart. Requests are
// transient anyway.
func Transient() MessageOption {
	return func(m *Message) error {
		m.Transient = true
		return nil
	}
}

// A SubscribeOption sets one thing of one subscription.
type SubscribeOption func(*subscription)

// AllVersions takes messages of every version and those without one. The
// default is the definition's own version and newer.
func AllVersions() SubscribeOption {
	return func(s *subscription) { s.version = LatestVersion }
}

// FromVersion takes messages of this version and newer.
func FromVersion(version string) SubscribeOption {
	return func(s *subscription) { s.version = version }
}

// Name names the handler in logs, errors and dead letters. The default is the
// function's name.
func Name(name string) SubscribeOption {
	return func(s *subscription) { s.name = name }
}

// OnQueue receives through a queue of its own instead of the service's: what
// is slow there delays nobody else. The name is global in the broker.
func OnQueue(name string) SubscribeOption {
	return func(s *subscription) { s.queue = name }
}

// Ephemeral receives through a private queue that vanishes with the process:
// every instance of the service gets every message, and none that was published
// while it was away.
func Ephemeral() SubscribeOption {
	return func(s *subscription) { s.ephemeral = true }
}

// Concurrency bounds how many calls of this handler run at once. The default
// is [Options.Concurrency].
func Concurrency(n int) SubscribeOption {
	return func(s *subscription) { s.concurrency = n }
}

// HandlerTimeout cancels the handler's context after d. The default is
// [Options.HandlerTimeout].
func HandlerTimeout(d time.Duration) SubscribeOption {
	return func(s *subscription) { s.timeout = d }
}

// FromExchange subscribes a pattern on another topic exchange than
// [DefaultExchange]. Definitions bring their own exchange.
func FromExchange(name string) SubscribeOption {
	return func(s *subscription) { s.exchange = name }
}
