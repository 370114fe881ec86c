package celery

import (
	"encoding/base64"
	"errors"
	"fmt"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// A vector is a captured message as a JSON file (PROTOCOL.md, "Vector files").
type vector struct {
	Exchange   string           `json:"exchange"`
	RoutingKey string           `json:"routing_key"`
	Properties vectorProperties `json:"properties"`
	Headers    map[string]any   `json:"headers"`
	Body       jsontext.Value   `json:"body"`

	// Redis holds a stored result instead of a message.
	Redis *struct {
		Value string `json:"value"`
	} `json:"redis"`

	// Replies holds the answers tried on a Python caller, in order; each is a
	// message or a stored result.
	Replies []struct {
		Properties vectorProperties `json:"properties"`
		Body       jsontext.Value   `json:"body"`
		Value      *string          `json:"value"`
	} `json:"replies_sent"`
}

type vectorProperties struct {
	ContentType     string `json:"content_type"`
	ContentEncoding string `json:"content_encoding"`
	CorrelationID   string `json:"correlation_id"`
	ReplyTo         string `json:"reply_to"`
	Expiration      string `json:"expiration"`
	MessageID       string `json:"message_id"`
	Type            string `json:"type"`
	DeliveryMode    uint8  `json:"delivery_mode"`
	Priority        uint8  `json:"priority"`
}

func (p vectorProperties) properties() Properties {
	return Properties{
		ContentType: p.ContentType, ContentEncoding: p.ContentEncoding, CorrelationID: p.CorrelationID,
		ReplyTo: p.ReplyTo, Expiration: p.Expiration, MessageID: p.MessageID, Type: p.Type,
		DeliveryMode: p.DeliveryMode, Priority: p.Priority,
	}
}

func parseVector(text []byte) (*vector, error) {
	v := new(vector)
	if err := json.Unmarshal(text, v); err != nil {
		return nil, fmt.Errorf("read vector: %w", err)
	}
	return v, nil
}

// envelope returns the message of the vector.
func (v *vector) envelope() (*Envelope, error) {
	body, err := vectorBody(v.Body)
	if err != nil {
		return nil, err
	}
	e := &Envelope{
		Exchange: v.Exchange, RoutingKey: v.RoutingKey,
		Properties: v.Properties.properties(), Headers: v.Headers, Body: body,
	}
	for name, value := range e.Headers {
		e.Headers[name] = integers(value)
	}
	return e, nil
}

// vectorBody reads a body: text, or {"__base64__": …} where it is not text.
func vectorBody(v jsontext.Value) ([]byte, error) {
	switch v.Kind() {
	case jsontext.KindString:
		return unquote(v)
	case jsontext.KindBeginObject:
		var binary struct {
			Base64 *string `json:"__base64__"`
		}
		if err := json.Unmarshal(v, &binary); err != nil || binary.Base64 == nil {
			return nil, errors.New(`read vector: body is an object without "__base64__"`)
		}
		body, err := base64.StdEncoding.DecodeString(*binary.Base64)
		if err != nil {
			return nil, fmt.Errorf("read vector: body: %w", err)
		}
		return body, nil
	}
	return nil, errors.New("read vector: it has no body; it needs exchange, routing_key, properties, headers and body, or redis, or replies_sent")
}

// integers turns the float64 that JSON numbers become back into integers, as
// they are in AMQP.
func integers(value any) any {
	switch v := value.(type) {
	case float64:
		if n := int64(v); float64(n) == v && n > -1<<53 && n < 1<<53 {
			return n
		}
	case []any:
		for i := range v {
			v[i] = integers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = integers(v[name])
		}
	}
	return value
}
