package redis

import (
	"cmp"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	goredis "github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

// errAddress says nothing about the URL it refuses: the parser's own errors
// quote it, and a broken URL may have its password in any part.
var errAddress = errors.New("redis: the server's URL cannot be parsed: want redis://user:password@host:6379/0, rediss://… for TLS, " +
	"redis+socket:///path, sentinel://h1:26379;sentinel://h2:26379 or several hosts of a cluster with commas between them, " +
	"with reserved characters of user and password percent-encoded (url.UserPassword does that)")

// An address is where the server is, as a URL says. It prints without user and
// password.
type address struct {
	scheme   string // redis, rediss, unix or sentinel
	hosts    []string
	path     string // of the socket
	db       int
	cluster  bool
	tls      *tls.Config
	text     string
	username string
	password string
}

// parseAddress reads a URL. It may set o.MasterName.
func parseAddress(raw string, o *Options) (*address, error) {
	var at *address
	for i, part := range strings.Split(raw, ";") {
		one, err := parseOne(part, o)
		if err != nil {
			return nil, err
		}
		switch {
		case i == 0:
			at = one
		case one.scheme != "sentinel" || at.scheme != "sentinel":
			return nil, errAddress
		default: // as in Celery, the first one's credentials and database count
			at.hosts = append(at.hosts, one.hosts...)
		}
	}
	if at.scheme == "sentinel" && o.MasterName == "" {
		return nil, errors.New("redis: a sentinel:// URL needs redis.Options.MasterName, which is Celery's master_name")
	}
	if o.TLS != nil {
		at.tls = o.TLS.Clone()
	}
	if at.tls != nil {
		at.tls.MinVersion = max(at.tls.MinVersion, tls.VersionTLS12)
	}
	at.text = at.shown()
	return at, nil
}

func parseOne(raw string, o *Options) (*address, error) {
	// The standard parser wants one port; a cluster's further hosts wait.
	raw, more := cutHosts(strings.TrimSpace(raw))
	u, err := url.Parse(raw)
	if err != nil || u.Opaque != "" || u.Fragment != "" {
		return nil, errAddress
	}
	at := &address{scheme: u.Scheme}
	if u.User != nil {
		at.username = u.User.Username()
		at.password, _ = u.User.Password()
	}
	switch u.Scheme {
	case "redis+socket", "socket", "unix":
		at.scheme, at.path = "unix", u.Host+u.Path
		if !strings.HasPrefix(at.path, "/") || len(more) > 0 {
			return nil, errAddress
		}
	case "redis", "rediss", "sentinel":
		port := "6379"
		if u.Scheme == "sentinel" {
			port = "26379"
		}
		for _, host := range append([]string{u.Host}, more...) {
			full, err := withPort(host, port)
			if err != nil {
				return nil, err
			}
			at.hosts = append(at.hosts, full)
		}
		at.cluster = u.Scheme != "sentinel" && len(at.hosts) > 1
		if at.db, err = database(strings.Trim(u.Path, "/")); err != nil {
			return nil, err
		}
	default:
		return nil, errAddress
	}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return nil, errAddress
	}
	if err := at.parameters(query, o); err != nil {
		return nil, err
	}
	if at.cluster && at.db != 0 {
		return nil, errors.New("redis: a cluster has only database 0")
	}
	return at, nil
}

// cutHosts takes all hosts but the first out of a URL.
func cutHosts(raw string) (rest string, more []string) {
	scheme, after, ok := strings.Cut(raw, "://")
	if !ok {
		return raw, nil
	}
	end := len(after)
	if i := strings.IndexAny(after, "/?#"); i >= 0 {
		end = i
	}
	hosts := after[:end]
	user := ""
	if i := strings.LastIndexByte(hosts, '@'); i >= 0 {
		user, hosts = hosts[:i+1], hosts[i+1:]
	}
	all := strings.Split(hosts, ",")
	return scheme + "://" + user + all[0] + after[end:], all[1:]
}

func withPort(hostport, port string) (string, error) {
	u := url.URL{Host: hostport}
	if given := u.Port(); given != "" {
		port = given
	}
	host := cmp.Or(u.Hostname(), "localhost")
	if n, err := strconv.Atoi(port); err != nil || n < 1 || n > 65535 || strings.ContainsAny(host, " @,;") {
		return "", errAddress
	}
	return net.JoinHostPort(host, port), nil
}

func database(text string) (int, error) {
	if text == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 0 {
		return 0, errors.New("redis: the database in the server's URL is not a number")
	}
	return n, nil
}

// pythonOnly are parameters that tune the Python client and mean nothing here.
var pythonOnly = []string{
	"socket_timeout", "socket_connect_timeout", "socket_keepalive", "retry_on_timeout", "max_connections",
	"health_check_interval", "timeout", "protocol", "client_name", "decode_responses", "encoding", "encoding_errors",
}

var harmless = regexp.MustCompile(`^[a-z_]{1,40}$`)

func (at *address) parameters(query url.Values, o *Options) error {
	secure := map[string]string{}
	for name, values := range query {
		value := values[len(values)-1]
		var err error
		switch {
		case strings.HasPrefix(name, "ssl_"):
			secure[name] = value
		case name == "virtual_host" || name == "db":
			at.db, err = database(strings.Trim(value, "/"))
		case name == "master_name":
			o.MasterName = cmp.Or(o.MasterName, value)
		case name == "cluster":
			at.cluster, err = strconv.ParseBool(value)
			if err != nil || at.scheme == "sentinel" || at.scheme == "unix" {
				err = errors.New("redis: the parameter cluster of the server's URL is true or false, and not for sentinels and sockets")
			}
		case slices.Contains(pythonOnly, name):
		case harmless.MatchString(name):
			err = fmt.Errorf("redis: the server's URL has the parameter %q, which is not known; leave it out", name)
		default:
			err = errAddress // a part of a password may have got here
		}
		if err != nil {
			return err
		}
	}
	if at.scheme == "redis" && len(secure) > 0 {
		return errors.New("redis: the server's URL has ssl_ parameters; then its scheme is rediss://")
	}
	if o.TLS != nil || (at.scheme != "rediss" && len(secure) == 0) {
		return nil
	}
	var err error
	at.tls, err = secured(secure)
	return err
}

// shown is the URL without credentials and parameters.
func (at *address) shown() string {
	if at.scheme == "unix" {
		return "unix://" + at.path + "?db=" + strconv.Itoa(at.db)
	}
	return at.scheme + "://" + strings.Join(at.hosts, ",") + "/" + strconv.Itoa(at.db)
}

// String returns the URL without user, password and parameters.
func (at *address) String() string { return at.text }

// GoString keeps %#v from printing the password.
func (at *address) GoString() string { return at.text }

// client makes the client. It connects when it is used.
func (at *address) client(o *Options) goredis.UniversalClient {
	c := &goredis.UniversalOptions{
		Addrs: at.hosts, DB: at.db, Username: at.username, Password: at.password, TLSConfig: at.tls,
		DialTimeout: o.CommandTimeout, ReadTimeout: o.CommandTimeout, WriteTimeout: min(o.CommandTimeout, 3*time.Second),
		DialerRetries:         1, // we try again ourselves, with growing pauses
		ContextTimeoutEnabled: true,
		IsClusterMode:         at.cluster,
		// The protocol and the commands of Redis 3 to 8 and its relatives.
		Protocol: 2, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	switch at.scheme {
	case "unix":
		c.Addrs = []string{at.path}
		simple := c.Simple()
		simple.Network = "unix"
		return goredis.NewClient(simple)
	case "sentinel":
		c.MasterName = o.MasterName
		return goredis.NewFailoverClient(c.Failover())
	}
	return goredis.NewUniversalClient(c)
}
