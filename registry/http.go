package registry

import (
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"
	"sync/atomic"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// TokenVariable is the environment variable with the token for registries that
// are opened by an http or https URL without one.
const TokenVariable = "SALT_REGISTRY_TOKEN"

func init() {
	open := func(_ context.Context, rawURL string) (salt.RegistryStore, error) { return NewHTTP(rawURL, nil) }
	salt.RegistryScheme("http", open)
	salt.RegistryScheme("https", open)
}

// HTTPOptions adjust an [HTTP]. The zero value and nil are good.
type HTTPOptions struct {
	// Token is sent with every request. Default: the password in the URL, or
	// the environment variable SALT_REGISTRY_TOKEN.
	Token string

	// Actor is who makes changes whose context has none, see [salt.WithActor].
	Actor string

	// TLS is for the client of our own. Default: that of crypto/tls.
	TLS *tls.Config

	// Client is used instead of one of our own. Redirects are not followed
	// unless it says how.
	Client *http.Client

	// Attempts bounds how often one call is tried while the registry cannot
	// answer. Default 4.
	Attempts int
}

// HTTP is a registry behind registry/server. Calls are repeated, with growing
// random pauses within their context, while the server is away or busy; all of
// them can be, since doing the same again changes nothing. What never changes is
// kept: complete specs and schemas, up to 16 MiB of text each. Safe for
// concurrent use.
type HTTP struct {
	base     *url.URL // without userinfo, with a trailing slash
	token    string
	actor    string
	attempts int
	client   *http.Client
	own      bool // the client's connections are ours to close
	closed   atomic.Bool

	specs *cache[[2]string, *salt.Spec]
	texts *cache[int64, *schema.Schema]
}

var _ salt.RegistryStore = (*HTTP)(nil)

// NewHTTP returns a client. It does not connect. Errors never contain the token.
func NewHTTP(baseURL string, opts *HTTPOptions) (*HTTP, error) {
	u, err := url.Parse(baseURL)
	if err != nil {
		return nil, errors.New("registry URL: it cannot be read") // its error quotes the whole
	}
	switch {
	case u.Scheme != "http" && u.Scheme != "https":
		return nil, fmt.Errorf("registry URL: scheme %q, want http or https", u.Scheme)
	case u.Host == "":
		return nil, errors.New("registry URL: it has no host; write https://HOST")
	case u.RawQuery != "" || u.Fragment != "":
		return nil, errors.New("registry URL: it has parameters, and none are known; give the token in " + TokenVariable)
	}
	var o HTTPOptions
	if opts != nil {
		o = *opts
	}
	password, _ := u.User.Password()
	r := &HTTP{
		token: cmp.Or(o.Token, password, os.Getenv(TokenVariable)), actor: o.Actor, attempts: cmp.Or(o.Attempts, 4),
		specs: newCache[[2]string, *salt.Spec](16 << 20), texts: newCache[int64, *schema.Schema](16 << 20),
	}
	if strings.ContainsFunc(r.token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return nil, errors.New("registry token: it contains spaces or characters beyond ASCII, which no header carries")
	}
	u.User = nil
	u.Path = strings.TrimRight(u.Path, "/") + "/"
	u.RawPath = ""
	r.base = u
	r.client, r.own = httpClient(&o)
	return r, nil
}

func httpClient(o *HTTPOptions) (client *http.Client, own bool) {
	if o.Client != nil {
		c := *o.Client
		if c.CheckRedirect == nil {
			c.CheckRedirect = refuseRedirect
		}
		return &c, false
	}
	transport := &http.Transport{Proxy: http.ProxyFromEnvironment}
	if standard, ok := http.DefaultTransport.(*http.Transport); ok {
		transport = standard.Clone()
	}
	transport.TLSClientConfig = o.TLS
	transport.MaxIdleConnsPerHost = 8
	transport.ResponseHeaderTimeout = 30 * time.Second
	return &http.Client{Transport: transport, CheckRedirect: refuseRedirect}, true
}

// refuseRedirect keeps the token where it was meant for.
func refuseRedirect(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }

// Close makes every later call fail.
func (r *HTTP) Close() error {
	if !r.closed.Swap(true) && r.own {
		r.client.CloseIdleConnections()
	}
	return nil
}
