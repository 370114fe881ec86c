package rabbitmq

import (
	"errors"
	"net"
	"net/url"
	"strconv"

	amqp "github.com/rabbitmq/amqp091-go"
)

// errAddress says nothing about the URL it refuses: the parser's own errors
// quote it, and a broken URL may have its password in any part.
var errAddress = errors.New("rabbitmq: the broker's URL cannot be parsed: want amqp://user:password@host:5672/vhost " +
	"or amqps://…, with reserved characters of user and password percent-encoded (url.UserPassword does that)")

// address is a broker's URL. It prints without the password.
type address struct {
	raw  string
	uri  amqp.URI
	text string
}

func parseAddress(raw string) (address, error) {
	uri, err := amqp.ParseURI(raw)
	if err != nil || uri.Host == "" || uri.Port <= 0 || uri.Port > 65535 {
		return address{}, errAddress
	}
	shown := url.URL{
		Scheme: uri.Scheme,
		User:   url.User(uri.Username),
		Host:   net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port)),
	}
	if uri.Vhost == "/" {
		shown.Path = "/"
	} else {
		shown.Path, shown.RawPath = "/"+uri.Vhost, "/"+url.PathEscape(uri.Vhost)
	}
	return address{raw: raw, uri: uri, text: shown.String()}, nil
}

// String returns the URL without password and query.
func (a address) String() string { return a.text }

// GoString keeps %#v from printing the password.
func (a address) GoString() string { return a.text }
