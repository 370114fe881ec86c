package rabbitmq

import (
	"context"
	"errors"
	"maps"
	"strings"
	"time"

	"github.com/google/uuid"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// The headers of a dead letter, beside the message's own. An error may add
// others, see [DeadLetterer].
const (
	headerDeadLetterID = "x-salt-dead-letter-id" // of this dead letter; a message may die twice
	headerReason       = "x-salt-reason"         // salt.Reason
	headerError        = "x-salt-error"          // the error's text, at most maxErrorText bytes
	headerQueue        = "x-salt-queue"          // where it was handled
	headerExchange     = "x-salt-exchange"       // where it was published,
	headerRoutingKey   = "x-salt-routing-key"    // and how
	headerTime         = "x-salt-time"           // of death, RFC 3339
	headerAttempt      = "x-salt-attempt"        // the number of the delivery, from 1
	headerExpiration   = "x-salt-expiration"     // the property of that name, which is taken off
)

const (
	maxErrorText  = 1 << 10
	maxHeaderText = 8 << 10
)

// A DeadLetterer is an error of a handler that knows more about the failure:
// the handler's name, the validation report. Names must begin with "x-salt-";
// values are cut to 8 KiB.
type DeadLetterer interface {
	error
	DeadLetterHeaders() map[string]string
}

// bury puts the message into the dead-letter queue, confirmed, and only then
// acknowledges it. If that cannot be, the broker dead-letters the message
// itself, without our reasons.
func (s *session) bury(d *amqp.Delivery, cause error) {
	t := s.c.t
	ctx, cancel := context.WithTimeout(t.linking, settlePatience)
	defer cancel()
	letter, err := deadLetter(d, s.queue, cause, time.Now())
	var v verdict
	if err == nil {
		v, err = t.deliver(ctx, letter)
	}
	if err == nil && v == confirmed {
		s.settled(d.DeliveryTag, toAck)
		return
	}
	t.opts.Logger.Warn("rabbitmq: a dead letter was not confirmed, the broker takes over",
		"queue", s.queue, "outcome", v.String(), "error", err)
	if s.ch.Reject(d.DeliveryTag, false) == nil {
		s.settled(d.DeliveryTag, written)
	}
}

// deadLetter returns the message as it was, with the reason in its headers and
// without what would make the broker do more with it than keep it.
func deadLetter(d *amqp.Delivery, queue string, cause error, now time.Time) (*outgoing, error) {
	headers, err := toTable(maps.Clone(d.Headers)) // decoding made plain maps of its tables
	if err != nil {
		return nil, err
	}
	if headers == nil {
		headers = make(amqp.Table)
	}
	delete(headers, "x-delivery-count") // counts again from here
	delete(headers, "CC")               // would route copies elsewhere
	delete(headers, "BCC")
	if e, ok := errors.AsType[DeadLetterer](cause); ok {
		for name, text := range e.DeadLetterHeaders() {
			if len(name) <= maxShort && strings.HasPrefix(name, "x-salt-") {
				headers[name] = cut(text, maxHeaderText)
			}
		}
	}
	id := uuid.NewString()
	headers[headerDeadLetterID] = id
	headers[headerReason] = string(reasonOf(cause))
	headers[headerError] = errorText(cause)
	headers[headerQueue] = queue
	headers[headerExchange] = d.Exchange
	headers[headerRoutingKey] = d.RoutingKey
	headers[headerTime] = now.UTC().Format(time.RFC3339Nano)
	headers[headerAttempt] = int64(attempt(d.Headers))
	if d.Expiration != "" {
		headers[headerExpiration] = d.Expiration
	}
	return &outgoing{
		topic: d.RoutingKey, id: id, key: queue + deadSuffix, ref: id, headers: headerSize(headers),
		msg: amqp.Publishing{
			Headers:         headers,
			ContentType:     d.ContentType,
			ContentEncoding: d.ContentEncoding,
			DeliveryMode:    amqp.Persistent,
			Priority:        d.Priority,
			CorrelationId:   d.CorrelationId,
			// Not reply_to: the broker refuses amq.rabbitmq.reply-to on a
			// channel without such a consumer, by closing the channel.
			// Not expiration: a dead letter must not expire.
			// Not user_id: the broker refuses any other than our own.
			MessageId: d.MessageId,
			Timestamp: d.Timestamp,
			Type:      d.Type,
			AppId:     d.AppId,
			Body:      d.Body,
		},
	}, nil
}

func reasonOf(err error) salt.Reason {
	if _, ok := errors.AsType[*celery.RejectError](err); ok {
		return salt.ReasonUndecodable
	}
	return salt.DeadLetterReason(err)
}

// errorText returns err's text, short enough for a header and a log line.
func errorText(err error) string { return cut(err.Error(), maxErrorText) }

func cut(text string, limit int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= limit {
		return text
	}
	return strings.ToValidUTF8(text[:limit-len("…")], "") + "…"
}
