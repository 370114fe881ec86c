package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	_ "github.com/celerysalt/salt/postgres" // postgres: and postgresql:
	"github.com/celerysalt/salt/registry"   // memory:, file:, http: and https:
)

// An access is what a command may do to a registry in a directory. To one behind
// a server others say that.
type access int

const (
	mayMake   access = iota // change it, and make it if it is not there
	mayChange               // change what is there
	mayRead                 // not even leave a lock
)

// registryFlags say which registry, and who changes it.
type registryFlags struct {
	url   string
	actor string

	access access
	empty  bool   // a registry that is not there counts as an empty one
	flag   string // that the URL comes from, if not --registry
}

// add is for commands that only read.
func (f *registryFlags) add(cmd *cobra.Command) {
	f.access = mayRead
	cmd.Flags().StringVar(&f.url, "registry", "", "the registry's `URL`: file:DIRECTORY, https://HOST or postgres://… (default $SALT_REGISTRY)")
}

// addActor is for commands that change something.
func (f *registryFlags) addActor(cmd *cobra.Command) {
	f.add(cmd)
	f.access = mayMake
	cmd.Flags().StringVar(&f.actor, "actor", "", "`NAME` that the history gets (default $SALT_ACTOR, else user@host)")
}

func (f *registryFlags) actorName(env func(string) string) string {
	host, _ := os.Hostname() // without one the name must do
	user := cmp.Or(env("USER"), env("USERNAME"), "salt")
	return cmp.Or(f.actor, env("SALT_ACTOR"), strings.TrimSuffix(user+"@"+host, "@"))
}

// flagName is where the URL came from, or should.
func (f *registryFlags) flagName() string { return cmp.Or(f.flag, "--registry") }

// withStore runs do on the registry that the flags or the environment name.
func (a *app) withStore(ctx context.Context, f *registryFlags, do func(context.Context, salt.RegistryStore) error) (err error) {
	url := cmp.Or(f.url, a.env("SALT_REGISTRY"))
	switch {
	case url == "":
		return misusef("no registry: give %s URL or set SALT_REGISTRY, for example to file:schemas, https://registry.example.com or postgres://user@host/database", f.flagName())
	case !strings.Contains(url, ":"):
		return misusef("the registry's URL has no scheme: write file:DIRECTORY, https://HOST or postgres://HOST/DATABASE")
	}
	store, err := a.openStore(ctx, f, url)
	if err != nil {
		return storeError{err, f.flagName()}
	}
	defer func() { err = cmp.Or(err, store.Close()) }()
	if err := do(salt.WithActor(ctx, f.actorName(a.env)), store); err != nil {
		return storeError{err, f.flagName()}
	}
	return nil
}

// openStore opens a registry with no more rights than the command needs.
func (a *app) openStore(ctx context.Context, f *registryFlags, url string) (salt.RegistryStore, error) {
	scheme, _, _ := strings.Cut(url, ":")
	switch {
	case scheme == "memory" && f.flag == "" && !f.empty:
		return nil, misusef("memory: begins empty with every command and ends with it; name a registry that lasts, such as file:schemas")
	case scheme != "file" || f.access == mayMake:
		return salt.OpenRegistry(ctx, url)
	}
	store, err := registry.OpenFileURL(url, &registry.FileOptions{Existing: true, ReadOnly: f.access == mayRead})
	switch {
	case err == nil:
		return store, nil
	case !errors.Is(err, registry.ErrNoRegistry):
		return nil, err
	case !f.empty:
		return nil, fmt.Errorf("%w; correct %s or SALT_REGISTRY, or make the registry with salt schema register", err, f.flagName())
	}
	fmt.Fprintf(a.err, "salt: %s; it counts as an empty one\n", printable(err.Error()))
	return registry.NewMemory(), nil
}

// A storeError is an error of a command that works on a registry: what is away
// then is the registry, not the broker.
type storeError struct {
	error

	flag string
}

func (e storeError) Unwrap() error { return e.error }

// remedy says what to do about a registry that is away, "" about anything else.
func (e storeError) remedy() string {
	if !errors.Is(e.error, salt.ErrUnavailable) && !errors.Is(e.error, context.DeadlineExceeded) {
		return ""
	}
	where := e.flag + " or SALT_REGISTRY"
	text := e.Error()
	for _, known := range []struct{ sign, remedy string }{
		{"connection refused", "nothing listens there: start the registry's server or database, or correct host and port in " + where},
		{"no such host", "the host's name is unknown: correct it in " + where},
		{"certificate", "the registry's certificate is not trusted: install its authority, or name the host as the certificate does"},
		{"HTTP response to HTTPS client", "this port speaks no TLS: write http:// instead of https:// in " + where + ", or name the TLS port"},
		{"does not look like a TLS handshake", "this port speaks no TLS: write http:// instead of https:// in " + where + ", or name the TLS port"},
		{"authentication failed", "correct user and password in " + where + ", percent-encoding special characters"},
		{"answered 50", "the server runs, but its store may be away: see its log"},
	} {
		if strings.Contains(text, known.sign) {
			return known.remedy
		}
	}
	return "check that the registry runs, and that " + where + " names it"
}
