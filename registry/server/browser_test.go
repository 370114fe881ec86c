package server_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
)

// TestWebPages: what a page of another site can make a browser send changes
// nothing, and tells nothing.
func TestWebPages(t *testing.T) {
	t.Parallel()
	specs := `{"specs":[{"topic":"a","version":"v1","mode":"event","schema":{"type":"object"}}]}`
	candidate := `{"schemaType":"JSON","schema":"{\"type\":\"object\"}"}`
	type header = map[string]string
	for name, test := range map[string]struct {
		method, path, body string
		header             header
		want               int
	}{
		"a form":                     {"POST", "/v1/register", specs, header{"Content-Type": "text/plain;charset=UTF-8"}, 415},
		"a body without type":        {"POST", "/v1/register", specs, header{"Content-Type": ""}, 415},
		"a body without type, there": {"POST", "/subjects/a/versions", candidate, header{"Content-Type": ""}, 415},
		"another origin":             {"POST", "/v1/register", specs, header{"Origin": "https://evil.example"}, 403},
		"another origin, there":      {"POST", "/subjects/a/versions", candidate, header{"Origin": "https://evil.example"}, 403},
		"another site":               {"DELETE", "/v1/topics/a/versions/v1/deprecation", "", header{"Sec-Fetch-Site": "cross-site"}, 403},
		"a name of its own":          {"GET", "/v1/history", "", header{"Host": "rebind.evil.example"}, 403},
		"a name of its own, there":   {"GET", "/subjects", "", header{"Host": "rebind.evil.example:8081"}, 403},
		"a name like ours":           {"GET", "/v1/history", "", header{"Host": "localhost.evil.example"}, 403},
		"an address like ours":       {"GET", "/v1/history", "", header{"Host": "127.0.0.1.evil.example"}, 403},
		"another address":            {"GET", "/v1/history", "", header{"Host": "192.0.2.1:8081"}, 403},
		"no name":                    {"GET", "/v1/history", "", header{"Host": ":8081"}, 403},
		"its own page":               {"POST", "/v1/register", specs, header{"Origin": "http://localhost:8081", "Sec-Fetch-Site": "same-origin"}, 200},
		"a loopback address":         {"GET", "/v1/history", "", header{"Host": "127.9.9.9:8081"}, 200},
		"a loopback address of IPv6": {"GET", "/v1/history", "", header{"Host": "[::1]:8081"}, 200},
		"one without port":           {"GET", "/v1/history", "", header{"Host": "[::1]"}, 200},
		"a name of this machine":     {"GET", "/v1/history", "", header{"Host": "Registry.LOCALHOST"}, 200},
	} {
		store := registry.NewMemory()
		w := doAs(t, server.New(store, nil), test.method, test.path, test.body, test.header)
		if w.Code != test.want {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, test.want)
		}
		for change, err := range store.History(t.Context(), "") {
			if test.want != http.StatusOK {
				t.Errorf("%s has changed something: %+v, %v", name, change, err)
			}
		}
	}
}

// TestOtherHosts: tokens, or who guards the server otherwise, make names harmless.
func TestOtherHosts(t *testing.T) {
	t.Parallel()
	public := map[string]string{"Host": "registry.example.com", "Authorization": "Bearer admin-secret"}
	for _, opts := range []*server.Options{{Tokens: tokens(t)}, {AnyHost: true}} {
		if w := doAs(t, server.New(registry.NewMemory(), opts), "PUT", "/v1/policy", "{}", public); w.Code != http.StatusOK {
			t.Errorf("%d %s", w.Code, w.Body)
		}
	}
}

// TestSeenIsChecked: what a program says of itself has the form that lists need.
func TestSeenIsChecked(t *testing.T) {
	t.Parallel()
	of := func(topic, version, service string) string {
		return fmt.Sprintf(`{"participants":[{"topic":%q,"version":%q,"role":"subscriber","service":%q,"host":"h"}]}`, topic, version, service)
	}
	for name, test := range map[string]struct {
		body string
		want int
	}{
		"a topic":            {of("a.b", "v1", "s"), 204},
		"a pattern":          {of("#.paid.*", "", "s"), 204},
		"the latest":         {of("a", "latest", "s"), 204},
		"a long name":        {of("a", "v1", strings.Repeat("x", 1024)), 204},
		"a name too long":    {of("a", "v1", strings.Repeat("x", 1025)), 400},
		"no topic":           {of("", "v1", "s"), 400},
		"a topic too long":   {of(strings.Repeat("x", 256), "v1", "s"), 400},
		"no topic's form":    {of("not a topic", "v1", "s"), 400},
		"no pattern's form":  {of("a.b*", "v1", "s"), 400},
		"no version's form":  {of("a", "zzz", "s"), 400},
		"nobody":             {`{"participants":[null]}`, 400},
		"a handler too long": {`{"participants":[{"topic":"a","role":"subscriber","handler":"` + strings.Repeat("x", 2000) + `"}]}`, 400},
	} {
		store := registry.NewMemory()
		w := do(t, server.New(store, nil), "POST", "/v1/seen", test.body)
		if w.Code != test.want || w.Body.Len() > 1000 {
			t.Errorf("%s: %d %s, want %d", name, w.Code, w.Body, test.want)
		}
		n := 0
		for range store.Participants(t.Context(), "") {
			n++
		}
		if (n == 1) != (test.want == 204) {
			t.Errorf("%s: %d participants", name, n)
		}
	}
}
