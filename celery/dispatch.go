package celery

import (
	"cmp"
	"errors"
	"regexp"

	"github.com/celerysalt/salt"
	"github.com/go-json-experiment/json/jsontext"
)

// Celery's states of a finished task. All others announce progress.
const (
	statusSuccess = "SUCCESS"
	statusFailure = "FAILURE"
	statusRevoked = "REVOKED"
)

// The exceptions by which Celery itself fails a task.
const (
	excNotRegistered = "NotRegistered"
	excRevoked       = "TaskRevokedError"
	excModule        = "celery.exceptions"

	// ownModule can be no module of the caller's Python, where Celery would
	// look for the exception class.
	ownModule = "github.com/celerysalt/salt"
)

// handlerName is what celery-salt calls every handler on the wire.
const handlerName = "validated_handler"

// resultOf returns Celery's status and the dispatcher's result (PROTOCOL.md,
// section 6.2) for r.
func resultOf(req *salt.Message, r *salt.Reply) (status string, result []byte, err error) {
	if err := checkID(req.ID); err != nil {
		return "", nil, err
	}
	if r.Fault != nil {
		if r.Body != nil {
			return "", nil, errors.New("the reply has both a body and a fault")
		}
		status, result = faultResult(req, r.Fault)
		return status, result, nil
	}
	body := jsontext.Value(r.Body)
	if body == nil {
		body = jsontext.Value("null")
	}
	if !body.IsValid() {
		return "", nil, errors.New("the body of the reply is not strict JSON")
	}
	return statusSuccess, appendCompleted(make([]byte, 0, len(body)+len(req.Topic)+192), req, handlerName, "success", "result", body), nil
}

func faultResult(req *salt.Message, f *salt.RemoteError) (status string, result []byte) {
	text := calm(cmp.Or(f.Message, "internal error"))
	switch f.Kind {
	case salt.FaultHandler:
		return statusSuccess, appendCompleted(nil, req, calm(cmp.Or(f.Handler, handlerName)), "error", "error", appendText(nil, text))
	case salt.FaultNoHandler:
		result = appendText([]byte(`{"status": "no_handlers", "routing_key": `), req.Topic)
		return statusSuccess, append(result, '}')
	case salt.FaultNotRegistered:
		task, _ := taskOf(req.Dialect)
		return statusFailure, exception(excNotRegistered, task, excModule)
	case salt.FaultExpired:
		return statusRevoked, exception(excRevoked, "expired", excModule)
	}
	return statusFailure, exception(cmp.Or(f.Type, "RemoteError"), text, ownModule)
}

// appendCompleted writes the result of a dispatcher that ran one handler.
func appendCompleted(dst []byte, req *salt.Message, handler, status, member string, value []byte) []byte {
	dst = append(dst, `{"status": "completed", "routing_key": `...)
	dst = appendText(dst, req.Topic)
	if req.Dialect != salt.TchuTchu {
		dst = append(dst, `, "is_rpc": true`...)
	}
	dst = append(dst, `, "handlers_executed": 1, "results": [{"handler": `...)
	dst = appendText(dst, handler)
	dst = append(dst, `, "status": "`+status+`", "`+member+`": `...)
	dst = append(dst, value...)
	return append(dst, "}]}"...)
}

func exception(kind, message, module string) []byte {
	b := appendText([]byte(`{"exc_type": `), kind)
	b = appendText(append(b, `, "exc_message": [`...), message)
	b = appendText(append(b, `], "exc_module": `...), module)
	return append(b, '}')
}

// appendText quotes s. What is not UTF-8 in it becomes U+FFFD: these texts are
// for people, or checked before.
func appendText(dst []byte, s string) []byte {
	dst, _ = jsontext.AppendQuote(dst, s)
	return dst
}

var alarming = regexp.MustCompile(`(?i)(time)(out)|(timed) (out)`)

// calm puts a hyphen into "timeout" and "timed out", in any case.
func calm(s string) string { return alarming.ReplaceAllString(s, "$1$3-$2$4") }
