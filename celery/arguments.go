package celery

import (
	"errors"
	"fmt"

	"github.com/go-json-experiment/json/jsontext"
)

// arguments are those of a call to the dispatcher, which in Python is
// dispatch_event(message_body, routing_key), as pieces of the text.
type arguments struct {
	positional [2]jsontext.Value
	count      int // of positional arguments, also those too many

	messageBody, routingKey jsontext.Value // keyword arguments
	unknown                 bool           // a keyword argument of another name
}

// readBody reads protocol 2's [args, kwargs, embed]. Celery's embed (chains,
// callbacks) means nothing here.
func (a *arguments) readBody(r *reader) error {
	n := 0
	err := r.array(func(i int) (err error) {
		n++
		switch i {
		case 0:
			return a.readArgs(r)
		case 1:
			return a.readKwargs(r)
		}
		_, err = r.value()
		return err
	})
	if err == nil && n != 3 {
		return fmt.Errorf("an array of %d where 3 elements were expected", n)
	}
	return err
}

// readFields reads the arguments of an object body.
func (a *arguments) readFields(f *fields) error {
	if f.args != nil {
		r := newReader(f.args)
		defer r.close()
		if err := a.readArgs(r); err != nil {
			return fmt.Errorf("args: %w", err)
		}
	}
	if f.kwargs != nil {
		r := newReader(f.kwargs)
		defer r.close()
		if err := a.readKwargs(r); err != nil {
			return fmt.Errorf("kwargs: %w", err)
		}
	}
	return nil
}

func (a *arguments) readArgs(r *reader) error {
	return r.array(func(i int) error {
		v, err := r.value()
		if i < len(a.positional) {
			a.positional[i] = v
		}
		a.count++
		return err
	})
}

func (a *arguments) readKwargs(r *reader) error {
	return r.object(func(name []byte) error {
		v, err := r.value()
		switch string(name) {
		case "message_body":
			a.messageBody = v
		case "routing_key":
			a.routingKey = v
		default:
			a.unknown = true
		}
		return err
	})
}

// bind assigns the arguments to the parameters by Python's rules. payload is a
// copy; topic is empty when nothing names it.
func (a *arguments) bind() (payload []byte, topic string, err error) {
	switch {
	case a.count > len(a.positional):
		return nil, "", fmt.Errorf("%d positional arguments, the dispatcher takes %d", a.count, len(a.positional))
	case a.unknown:
		return nil, "", errors.New("a keyword argument that the dispatcher does not take")
	case a.positional[0] != nil && a.messageBody != nil, a.positional[1] != nil && a.routingKey != nil:
		return nil, "", errors.New("an argument is given both by position and by keyword")
	}
	body, key := a.positional[0], a.positional[1]
	if body == nil {
		body = a.messageBody
	}
	if key == nil {
		key = a.routingKey
	}
	if key != nil && key.Kind() != jsontext.KindNull {
		var ok bool
		if topic, ok = stringOf(key); !ok {
			return nil, "", fmt.Errorf("routing_key is %s, not a string", kindName(key))
		}
	}
	switch {
	case body == nil:
		return nil, "", errors.New("the message body is missing")
	case body.Kind() == jsontext.KindString:
		payload, err = jsontext.AppendUnquote(make([]byte, 0, len(body)), body)
		return payload, topic, err
	case body.Kind() == jsontext.KindBeginObject:
		return append([]byte(nil), body...), topic, nil
	}
	return nil, "", fmt.Errorf("the message body is %s, not a string or an object", kindName(body))
}
