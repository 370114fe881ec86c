package celery

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"

	"github.com/celerysalt/salt"
	"github.com/go-json-experiment/json/jsontext"
)

// metaName is the payload member that carries what is Salt's own
// (PROTOCOL.md, section 4).
const metaName = "_tchu_meta"

// emptyVersion is what an empty version string means to celery-salt: not "no
// version" but number zero (PROTOCOL.md, section 7).
const emptyVersion = "v0"

// meta is the content of _tchu_meta.
type meta struct {
	present       bool
	rpc           bool
	version       string
	correlationID string
	trace         map[string]string
}

// appendMeta writes the object in celery-salt's order: is_rpc, version,
// correlation_id, then the propagator's fields.
func appendMeta(dst []byte, m *salt.Message) ([]byte, error) {
	dst = append(dst, `{"is_rpc": `...)
	dst = strconv.AppendBool(dst, m.RPC)
	var err error
	if m.Version != "" {
		dst = append(dst, `, "version": `...)
		if dst, err = jsontext.AppendQuote(dst, m.Version); err != nil {
			return nil, fmt.Errorf("version %q is not UTF-8", m.Version)
		}
	}
	if m.CorrelationID != "" {
		dst = append(dst, `, "correlation_id": `...)
		if dst, err = jsontext.AppendQuote(dst, m.CorrelationID); err != nil {
			return nil, fmt.Errorf("correlation id %q is not UTF-8", m.CorrelationID)
		}
	}
	if len(m.Trace) > 0 {
		if dst, err = appendTrace(dst, m.Trace); err != nil {
			return nil, err
		}
	}
	return append(dst, '}'), nil
}

func appendTrace(dst []byte, trace map[string]string) ([]byte, error) {
	for _, name := range slices.Sorted(maps.Keys(trace)) {
		switch name {
		case "is_rpc", "version", "correlation_id":
			return nil, fmt.Errorf("trace field %q is a name of %s's own", name, metaName)
		}
		var err1, err2 error
		dst = append(dst, ", "...)
		dst, err1 = jsontext.AppendQuote(dst, name)
		dst = append(dst, ": "...)
		dst, err2 = jsontext.AppendQuote(dst, trace[name])
		if err1 != nil || err2 != nil {
			return nil, fmt.Errorf("trace field %q is not UTF-8", name)
		}
	}
	return dst, nil
}

// readMeta reads the object. Members it does not know are trace fields if they
// are strings and nothing otherwise.
func readMeta(text jsontext.Value) (meta, error) {
	if text.Kind() != jsontext.KindBeginObject {
		return meta{}, fmt.Errorf("%s is %s, not an object", metaName, kindName(text))
	}
	m := meta{present: true}
	r := newReader(text)
	defer r.close()
	err := r.object(func(name []byte) error {
		v, err := r.value()
		if err != nil {
			return err
		}
		if string(name) == "is_rpc" {
			m.rpc = truthy(v)
			return nil
		}
		var s []byte
		if v.Kind() == jsontext.KindString {
			if s, err = unquote(v); err != nil {
				return err
			}
		}
		switch string(name) {
		case "version":
			switch v.Kind() {
			case jsontext.KindNull:
			case jsontext.KindString:
				if m.version = string(s); m.version == "" {
					m.version = emptyVersion
				}
			default: // a Python worker fails on it too
				return errors.New(metaName + ".version is " + kindName(v) + ", not a string")
			}
		case "correlation_id":
			m.correlationID = string(s)
		default:
			if v.Kind() == jsontext.KindString {
				if m.trace == nil {
					m.trace = make(map[string]string)
				}
				m.trace[string(name)] = string(s)
			}
		}
		return nil
	})
	return m, err
}

// truthy is Python's idea of truth, by which celery-salt reads is_rpc.
func truthy(v jsontext.Value) bool {
	switch v.Kind() {
	case jsontext.KindTrue:
		return true
	case jsontext.KindString:
		return len(v) > len(`""`)
	case jsontext.KindNumber:
		f, err := strconv.ParseFloat(string(v), 64)
		return err != nil || f != 0
	case jsontext.KindBeginObject, jsontext.KindBeginArray:
		for _, c := range v[1 : len(v)-1] {
			if c > ' ' {
				return true
			}
		}
	}
	return false
}

// cutMeta takes _tchu_meta out of an object. The text of the other members
// stays as the sender wrote it; text itself is used up.
func cutMeta(text []byte) (body []byte, m meta, err error) {
	r := newReader(text)
	defer r.close()
	var (
		value       jsontext.Value // of _tchu_meta
		before, end int            // where the member before it ends, and where it ends itself
		last        int            // where the member read last ends
	)
	err = r.object(func(name []byte) error {
		v, err := r.value()
		if err != nil {
			return err
		}
		if string(name) == metaName {
			value, before, end = v, last, r.offset()
		}
		last = r.offset()
		return nil
	})
	if err == nil {
		err = r.end()
	}
	if err != nil {
		return nil, meta{}, err
	}
	if value == nil {
		return text, meta{}, nil
	}
	if m, err = readMeta(value); err != nil {
		return nil, meta{}, err
	}
	return cut(text, before, end), m, nil
}

// cut removes the member that ends at end, and one of the commas beside it.
// before is where the previous member ends, 0 if there is none.
func cut(text []byte, before, end int) []byte {
	if before > 0 { // with the comma before it
		return append(text[:before], text[end:]...)
	}
	open := bytes.IndexByte(text, '{') + 1
	rest := bytes.TrimLeft(text[end:], " \t\r\n")
	rest = bytes.TrimPrefix(rest, []byte(",")) // with the comma after it, if any
	rest = bytes.TrimLeft(rest, " \t\r\n")
	return append(text[:open], rest...)
}
