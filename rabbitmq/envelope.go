package rabbitmq

import (
	"fmt"
	"math"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// maxShort is the length of AMQP's short strings, in bytes. The library closes
// the whole connection over a longer one.
const maxShort = 255

// publishing turns an envelope into what the library sends. It takes over the
// envelope, headers and body included.
func publishing(e *celery.Envelope) (amqp.Publishing, error) {
	p := e.Properties
	headers, err := toTable(e.Headers)
	if err != nil {
		return amqp.Publishing{}, err
	}
	return amqp.Publishing{
		Headers:         headers,
		ContentType:     p.ContentType,
		ContentEncoding: p.ContentEncoding,
		DeliveryMode:    p.DeliveryMode,
		Priority:        p.Priority,
		CorrelationId:   p.CorrelationID,
		ReplyTo:         p.ReplyTo,
		Expiration:      p.Expiration,
		MessageId:       p.MessageID,
		Timestamp:       p.Timestamp,
		Type:            p.Type,
		Body:            e.Body,
	}, nil
}

// envelope turns a delivery into what the codec reads. It shares body and
// headers, whose tables become plain maps.
func envelope(d *amqp.Delivery) *celery.Envelope {
	return &celery.Envelope{
		Exchange:   d.Exchange,
		RoutingKey: d.RoutingKey,
		Properties: celery.Properties{
			ContentType:     d.ContentType,
			ContentEncoding: d.ContentEncoding,
			CorrelationID:   d.CorrelationId,
			ReplyTo:         d.ReplyTo,
			Expiration:      d.Expiration,
			MessageID:       d.MessageId,
			Type:            d.Type,
			DeliveryMode:    d.DeliveryMode,
			Priority:        d.Priority,
			Timestamp:       d.Timestamp,
		},
		Headers: fromTable(d.Headers),
		Body:    d.Body,
	}
}

// toTable makes headers, in place, into what the library can write.
func toTable(headers map[string]any) (amqp.Table, error) {
	for name, value := range headers {
		if len(name) > maxShort {
			return nil, fmt.Errorf("header name of %d bytes, AMQP allows %d", len(name), maxShort)
		}
		switch value.(type) {
		case nil, string, bool, int32, int64:
			continue // what nearly all are
		}
		v, err := toField(value)
		if err != nil {
			return nil, fmt.Errorf("header %q: %w", name, err)
		}
		headers[name] = v
	}
	return headers, nil
}

// toField returns value as one of the types the library can write. An int goes
// as 64 bits: the library itself would silently cut it to 32.
func toField(value any) (any, error) {
	switch v := value.(type) {
	case nil, bool, string, []byte, float32, float64, int8, int16, int32, int64, uint8, uint16, uint32, time.Time, amqp.Decimal:
		return v, nil
	case int:
		return int64(v), nil
	case uint:
		return toSigned(uint64(v))
	case uint64:
		return toSigned(v)
	case []any:
		for i, item := range v {
			var err error
			if v[i], err = toField(item); err != nil {
				return nil, err
			}
		}
		return v, nil
	case map[string]any:
		return toTable(v)
	case amqp.Table:
		return toTable(v)
	}
	return nil, fmt.Errorf("type %T has no AMQP form", value)
}

func toSigned(v uint64) (any, error) {
	if v > math.MaxInt64 {
		return nil, fmt.Errorf("%d exceeds 64 bits with a sign", v)
	}
	return int64(v), nil
}

// fromTable makes what the library read, in place, into plain maps. Its own
// decimal type stays: there is no header of Celery's that has one.
func fromTable(table amqp.Table) map[string]any {
	for name, value := range table {
		switch v := value.(type) {
		case amqp.Table, []any:
			table[name] = fromField(v)
		}
	}
	return table
}

func fromField(value any) any {
	switch v := value.(type) {
	case amqp.Table:
		return fromTable(v)
	case []any:
		for i, item := range v {
			v[i] = fromField(item)
		}
	}
	return value
}

// checkWritable refuses what would make the library or the broker close the
// connection, and with it everybody else's messages.
func checkWritable(exchange, key string, p *amqp.Publishing) error {
	for _, s := range [...]struct{ what, text string }{
		{"exchange", exchange}, {"routing key", key}, {"content type", p.ContentType},
		{"content encoding", p.ContentEncoding}, {"correlation id", p.CorrelationId}, {"reply-to", p.ReplyTo},
		{"expiration", p.Expiration}, {"message id", p.MessageId}, {"type", p.Type}, {"app id", p.AppId},
	} {
		if len(s.text) > maxShort {
			return fmt.Errorf("%w: %s of %d bytes, AMQP allows %d", salt.ErrTooLarge, s.what, len(s.text), maxShort)
		}
	}
	return nil
}

// headerSize is the encoded size of a table: all headers and properties must
// fit into one frame, which nobody else checks.
func headerSize(t amqp.Table) int {
	n := 4
	for name, value := range t {
		n += 1 + len(name) + fieldSize(value)
	}
	return n
}

func fieldSize(value any) int {
	switch v := value.(type) {
	case string:
		return 5 + len(v)
	case []byte:
		return 5 + len(v)
	case []any:
		n := 5
		for _, item := range v {
			n += fieldSize(item)
		}
		return n
	case amqp.Table:
		return 1 + headerSize(v)
	case nil:
		return 1
	}
	return 9 // the widest scalar
}

// propertiesSize is more than all properties but the headers can take.
const propertiesSize = 4 << 10

// maxHeaders returns how large headers may be on this connection; 0 is no limit.
func (g *generation) maxHeaders() int {
	frame := g.conn.Config.FrameSize
	if frame <= 0 {
		return 0
	}
	return max(frame-propertiesSize, 512)
}
