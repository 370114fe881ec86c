package salt

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"regexp"
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
	if !found || !schemeName.MatchString(scheme) { // it may be anything, so it is not shown
		return nil, errors.New("open registry: the URL has no scheme; write memory:, file:DIRECTORY, https://HOST or postgres://HOST/DATABASE")
	}
	schemesMu.Lock()
	open, known := schemes[scheme], slices.Sorted(maps.Keys(schemes))
	schemesMu.Unlock()
	if open == nil {
		return nil, fmt.Errorf("open registry: no imported package knows the scheme %q (known: %s); import _ \"github.com/celerysalt/salt/registry\" or …/postgres",
			scheme, cmp.Or(strings.Join(known, ", "), "none"))
	}
	store, err := open(ctx, rawURL)
	if err != nil {
		return nil, fmt.Errorf("open registry %s: %w", redactedURL(rawURL), err)
	}
	return store, nil
}

var schemeName = regexp.MustCompile(`^[a-z][a-z0-9+.-]*$`)

// redactedURL is for messages: without parameters, and without all that stands
// before the last @, because a password may hold what ends a URL's host for a
// parser. Of what is no URL with a host only the scheme is shown, or, for a
// directory, all.
func redactedURL(rawURL string) string {
	scheme, rest, _ := strings.Cut(rawURL, ":")
	if scheme == "file" || scheme == "memory" {
		return rawURL
	}
	host, found := strings.CutPrefix(rest, "//")
	if !found {
		return scheme + ":…"
	}
	at := strings.LastIndexByte(host, '@')
	shown, _, _ := strings.Cut(host[at+1:], "?")
	if at >= 0 {
		shown = "…@" + shown
	}
	return scheme + "://" + shown
}
