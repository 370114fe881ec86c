package celery

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/celerysalt/salt"
)

// celeryHeaders are the names Celery writes into the headers of a task, or
// reads from them into the attributes of its request, where a header of the
// application would overwrite something vital (reply_to, args, …).
var celeryHeaders = map[string]bool{
	// PROTOCOL.md, section 2
	"lang": true, "task": true, "id": true, "shadow": true, "eta": true,
	"expires": true, "group": true, "group_index": true, "retries": true,
	"timelimit": true, "root_id": true, "parent_id": true, "argsrepr": true,
	"kwargsrepr": true, "origin": true, "ignore_result": true,
	"replaced_task_nesting": true, "stamped_headers": true, "stamps": true,
	"compression": true,
	// attributes of Celery's request
	"args": true, "kwargs": true, "callbacks": true, "errbacks": true,
	"chain": true, "chord": true, "called_directly": true,
	"correlation_id": true, "delivery_info": true, "delivery_tag": true,
	"headers": true, "hostname": true, "is_eager": true, "logfile": true,
	"loglevel": true, "properties": true, "reply_to": true, "taskset": true,
	"utc": true, "time_limit": true, "soft_time_limit": true,
	// its methods and private attributes, which a header hides just as well:
	// with some of them a worker loses the message
	"_children": true, "_filter_x_death_headers": true, "_get_custom_headers": true,
	"_protected": true, "as_execution_options": true, "children": true,
	"clear": true, "get": true, "update": true,
}

// brokerHeaders are what RabbitMQ itself adds or obeys.
var brokerHeaders = map[string]bool{
	"x-death": true, "x-delivery-count": true, "x-delay": true, "CC": true, "BCC": true,
	"x-first-death-exchange": true, "x-first-death-queue": true, "x-first-death-reason": true,
	"x-last-death-exchange": true, "x-last-death-queue": true, "x-last-death-reason": true,
}

// bridgedHeader marks the copy that a bridge made, by the dialect of the
// message itself.
const bridgedHeader = "x-salt-bridged"

// storedHeader marks the request of a caller who awaits the answer in the
// result backend too. Only its presence counts.
const storedHeader = "x-salt-results"

// bridgedFrom reads that mark. A name of a later release still marks a copy.
func bridgedFrom(headers map[string]any, d salt.Dialect) salt.Dialect {
	switch headers[bridgedHeader] {
	case nil:
		return 0
	case salt.TchuTchu.String():
		return salt.TchuTchu
	case salt.CelerySalt.String():
		return salt.CelerySalt
	}
	return d
}

// reservedHeader reports whether an application may not use name.
func reservedHeader(name string) bool {
	return celeryHeaders[name] || brokerHeaders[name] || strings.HasPrefix(name, "x-salt-")
}

// addHeaders puts the application's headers, and Salt's marks, beside Celery's.
func addHeaders(to map[string]any, m *salt.Message) error {
	if m.BridgedFrom != 0 {
		to[bridgedHeader] = m.BridgedFrom.String()
	}
	if m.AwaitsStored && m.RPC {
		to[storedHeader] = "true"
	}
	own := m.Header
	if len(own) == 0 {
		return nil
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		switch {
		case name == "" || len(name) > maxShort || !utf8.ValidString(name):
			return fmt.Errorf("header name %.24q is not 1 to %d bytes of UTF-8", name, maxShort)
		case reservedHeader(name):
			return fmt.Errorf("header %q is reserved for Celery, the broker or Salt; choose another name", name)
		case !utf8.ValidString(own[name]):
			return fmt.Errorf("header %q is not UTF-8; encode binary values, for example as base64", name)
		}
		to[name] = own[name]
	}
	return nil
}

// ownHeaders returns the application's headers as text. Numbers, booleans and
// times become their usual text; tables, arrays and null have none and are
// left out.
func ownHeaders(headers map[string]any) map[string]string {
	var own map[string]string
	for name, value := range headers {
		if reservedHeader(name) || name == "" {
			continue
		}
		text, ok := headerText(value)
		if !ok {
			continue
		}
		if own == nil {
			own = make(map[string]string)
		}
		own[strings.ToValidUTF8(name, "\uFFFD")] = text
	}
	return own
}

func headerText(value any) (text string, ok bool) {
	switch v := value.(type) {
	case string:
		return strings.ToValidUTF8(v, "\uFFFD"), true
	case []byte:
		return strings.ToValidUTF8(string(v), "\uFFFD"), true
	case bool:
		return strconv.FormatBool(v), true
	case float32:
		return strconv.FormatFloat(float64(v), 'g', -1, 32), true
	case float64:
		return strconv.FormatFloat(v, 'g', -1, 64), true
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano), true
	case int, int8, int16, int32, int64, uint, uint8, uint16, uint32, uint64:
		return fmt.Sprint(v), true
	}
	return "", false
}
