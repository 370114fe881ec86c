// Package celery translates between Salt's messages and the bytes that
// celery-salt, tchu-tchu and Celery itself put on RabbitMQ and Redis.
//
// It consists of pure functions over an [Envelope], an AMQP message without an
// AMQP library: transports move envelopes, this package gives them meaning.
// The facts are in testdata/wire: PROTOCOL.md section numbers in the comments
// refer to the description of that capture.
//
// Nothing here logs, and no error contains a value of a payload.
package celery

import (
	"time"

	"github.com/celerysalt/salt"
)

// The tasks that carry events and requests (PROTOCOL.md, sections 2 and 9). A
// message of any other task belongs to somebody else.
const (
	celerySaltTask = "celery_salt.dispatch_event"
	tchuTchuTask   = "tchu_tchu.dispatch_event"
)

const (
	contentJSON  = "application/json"
	encodingUTF8 = "utf-8"

	transientMode  = 1
	persistentMode = 2

	// maxShort is the length of an AMQP short string, in bytes: routing keys,
	// exchanges, header names and most properties.
	maxShort = 255

	// maxPriority is the highest priority Salt sends.
	maxPriority = 10
)

// An Envelope is an AMQP 0-9-1 message without an AMQP library.
//
// An envelope that [Encode] and its sisters return belongs to the caller. The
// decoders do not change what they are given, and nothing they return aliases
// it.
type Envelope struct {
	// Exchange and RoutingKey are where the message goes, or came from. The
	// empty exchange is AMQP's default exchange.
	Exchange, RoutingKey string

	Properties Properties

	// Headers holds AMQP-typed values: nil, bool, string, integers of any
	// size, float32, float64, time.Time, []byte, []any and map[string]any.
	// Encoders use nil, bool, string, int32, []any and map[string]any only.
	Headers map[string]any

	Body []byte
}

// Properties are the basic properties Salt has to do with. Zero means absent.
type Properties struct {
	ContentType     string
	ContentEncoding string
	CorrelationID   string
	ReplyTo         string
	Expiration      string // milliseconds, decimal
	MessageID       string
	Type            string
	DeliveryMode    uint8 // 1 transient, 2 persistent
	Priority        uint8
	Timestamp       time.Time
}

func taskOf(d salt.Dialect) (task string, known bool) {
	switch d {
	case 0, salt.CelerySalt: // a message that names none is celery-salt's
		return celerySaltTask, true
	case salt.TchuTchu:
		return tchuTchuTask, true
	}
	return "", false
}

func dialectOf(task string) (d salt.Dialect, known bool) {
	switch task {
	case celerySaltTask:
		return salt.CelerySalt, true
	case tchuTchuTask:
		return salt.TchuTchu, true
	}
	return 0, false
}
