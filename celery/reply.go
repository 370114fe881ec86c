package celery

import (
	"fmt"
	"strings"
	"time"

	"github.com/celerysalt/salt"
)

// The addresses of a request's answer: reply_to, and behind this separator the
// request's own correlation id where that is not simply the message id. Both
// are AMQP short strings that Salt treats as opaque.
const correlationMark = "\n"

// replyAddress returns what goes into Message.ReplyTo.
func replyAddress(p Properties, id string) string {
	if p.ReplyTo == "" || p.CorrelationID == "" || p.CorrelationID == id {
		return p.ReplyTo
	}
	return p.ReplyTo + correlationMark + p.CorrelationID
}

// EncodeReply returns the answer to req that an rpc:// caller awaits on its
// reply queue (PROTOCOL.md, sections 6.3 and 6.5), also one in Python: publish
// it to the envelope's exchange and routing key. req is a message that [Decode]
// returned; without a ReplyTo there is nobody to answer, which is an error.
//
// r's Fault, if it has one, becomes what celery-salt would say in that case.
// Python's caller takes any failure that mentions "timeout" for its own
// timeout (section 6.6), so those words get a hyphen.
func EncodeReply(req *salt.Message, r *salt.Reply) (*Envelope, error) {
	queue, correlation, _ := strings.Cut(req.ReplyTo, correlationMark)
	if queue == "" {
		return nil, fmt.Errorf("encode reply to %q: the request has no reply address", req.ID)
	}
	if correlation == "" {
		correlation = req.ID
	}
	status, result, err := resultOf(req, r)
	if err != nil {
		return nil, fmt.Errorf("encode reply to %q: %w", req.ID, err)
	}
	body := make([]byte, 0, len(result)+len(req.ID)+128)
	body = append(body, `{"task_id": `...)
	body = appendText(body, req.ID)
	body = append(body, `, "status": "`+status+`", "result": `...)
	body = append(body, result...)
	body = append(body, `, "traceback": null, "children": []}`...)
	return &Envelope{
		RoutingKey: queue,
		Properties: Properties{
			ContentType:     contentJSON,
			ContentEncoding: encodingUTF8,
			CorrelationID:   correlation,
			DeliveryMode:    transientMode,
		},
		Headers: map[string]any{},
		Body:    body,
	}, nil
}

// resultKey is the prefix of the Redis keys and channels of results.
const resultKey = "celery-task-meta-"

// EncodeResult returns the answer to req for Celery's Redis result backend
// (PROTOCOL.md, section 6.4). The caller stores value under key with the TTL it
// wants (Celery's is 24 hours) and publishes the same value on the channel of
// that name, in one transaction. done is the time it was finished.
func EncodeResult(req *salt.Message, r *salt.Reply, done time.Time) (key string, value []byte, err error) {
	status, result, err := resultOf(req, r)
	if err != nil {
		return "", nil, fmt.Errorf("encode result of %q: %w", req.ID, err)
	}
	value = make([]byte, 0, len(result)+len(req.ID)+160)
	value = append(value, `{"status": "`+status+`", "result": `...)
	value = append(value, result...)
	value = append(value, `, "traceback": null, "children": [], "date_done": "`...)
	if value, err = appendInstant(value, done); err != nil {
		return "", nil, fmt.Errorf("encode result of %q: date done: %w", req.ID, err)
	}
	value = append(value, `", "task_id": `...)
	value = appendText(value, req.ID)
	return resultKey + req.ID, append(value, '}'), nil
}
