package salt

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

var (
	schemesMu sync.Mutex
	schemes   = map[string]func(context.Context, string) (RegistryStore, error){}
)

// RegistryScheme makes [OpenRegistry] know a URL scheme. Packages of registries
// call it in init: registry has memory, file, http and https, postgres has
// postgres and postgresql. It panics if the scheme is taken.
func RegistryScheme(scheme string, open func(ctx context.Context, url string) (RegistryStore, error)) {
	schemesMu.Lock()
	defer schemesMu.Unlock()
	if schemes[scheme] != nil {
		panic(fmt.Sprintf("salt: registry scheme %q is registered twice", scheme))
	}
	schemes[scheme] = open
}

// OpenRegistry opens a registry by its URL: memory:, file:DIRECTORY,
// http(s)://HOST, postgres://…. The package that knows the scheme must be
// imported. Errors never contain a password. The caller closes the store.
func OpenRegistry(ctx context.Context, rawURL string) (RegistryStore, error) {
	scheme, _, found := strings.Cut(rawURL, ":")
	if !found || scheme == "" {
		return nil, errors.New("open registry: the URL has no scheme; write memory:, file:DIRECTORY, https://HOST or postgres://HOST/DATABASE")
	}
	schemesMu.Lock()
	open, known := schemes[scheme], slices.Sorted(maps.Keys(schemes))
	schemesMu.Unlock()
	if open == nil {
		return nil, fmt.Errorf("open registry: no imported package knows the scheme %q (known: %s); import _ \"github.com/celerysalt/salt/registry\" or …/postgres",
			scheme, strings.Join(known, ", "))
	}
	store, err := open(ctx, rawURL)
	if err != nil {
		return nil, fmt.Errorf("open registry %s: %w", redactedURL(rawURL), err)
	}
	return store, nil
}

// redactedURL is for messages: without parameters, and without all that stands
// before the last @, because a password may hold what ends a URL's host for a
// parser.
func redactedURL(rawURL string) string {
	shown, _, _ := strings.Cut(rawURL, "?")
	scheme, rest, found := strings.Cut(shown, "://")
	if !found {
		return shown
	}
	if at := strings.LastIndexByte(rest, '@'); at >= 0 {
		rest = "…" + rest[at:]
	}
	return scheme + "://" + rest
}
