package server_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
)

// TestHostileSpecs: each is refused with a reason, soon, and leaves nothing.
func TestHostileSpecs(t *testing.T) {
	t.Parallel()
	defs := make([]string, 10_000)
	for i := range defs {
		defs[i] = fmt.Sprintf(`"d%d":{"type":"object"}`, i)
	}
	of := func(schema string) string {
		return `{"specs":[{"topic":"a","version":"v1","mode":"event","schema":` + schema + `}]}`
	}
	for name, test := range map[string]struct{ body, want string }{
		"300 KB":              {of(`{"description":"` + strings.Repeat("x", 300<<10) + `"}`), "schema"},
		"10,000 $defs":        {of(`{"$defs":{` + strings.Join(defs, ",") + `}}`), "schema"},
		"remote $ref":         {of(`{"$ref":"https://example.org/schema.json"}`), "$ref"},
		"file $ref":           {of(`{"$ref":"file:///etc/passwd"}`), "$ref"},
		"relative $ref":       {of(`{"$ref":"../../etc/passwd"}`), "$ref"},
		"endless $ref":        {of(`{"$ref":"#"}`), "leads back to itself"},
		"catastrophic regexp": {of(`{"type":"string","pattern":"^(((a{1,99}){1,99}){1,99}){1,99}$"}`), "pattern"},
		"deep schema":         {of(strings.Repeat(`{"not":`, 5000) + "{}" + strings.Repeat("}", 5000)), "schema"},
		"deep JSON":           {of(strings.Repeat(`[`, 1_000_000)), "depth"},
		"not a schema":        {of(`{"type":"strung"}`), "type"},
		"schema is null":      {of(`null`), "no schema"},
		"schema is text":      {of(`"x"`), "schema"},
		"spec is null":        {`{"specs":[null]}`, "null"},
		"too many specs":      {`{"specs":[` + strings.Repeat("null,", 20_000) + `null]}`, "20001 specs"},
		"path topic":          {strings.Replace(of(`{}`), `"a"`, `"../../etc/passwd"`, 1), "topic"},
		"wildcard topic":      {strings.Replace(of(`{}`), `"a"`, `"a.*"`, 1), "wildcard"},
		"SQL version":         {strings.Replace(of(`{}`), `"v1"`, `"v1'; DROP TABLE versions; --"`, 1), "version"},
		"NUL topic":           {strings.Replace(of(`{}`), `"a"`, `"a\u0000b"`, 1), "topic"},
		"bad UTF-8":           {strings.Replace(of(`{}`), `"a"`, "\"a\xff\"", 1), "UTF-8"},
		"lone surrogate":      {strings.Replace(of(`{}`), `"a"`, `"\ud800"`, 1), "cannot be read"},
		"duplicate member":    {`{"specs":[],"specs":[]}`, "duplicate"},
		"unknown member":      {`{"spec":[]}`, "spec"},
		"two values":          {`{"specs":[]}{}`, "cannot be read"},
		"mode":                {strings.Replace(of(`{}`), `event`, `both`, 1), "mode"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := registry.NewMemory()
			h := server.New(store, nil)
			for _, path := range []string{"/v1/register", "/v1/check"} {
				start := time.Now()
				w := do(t, h, "POST", path, test.body)
				if took := time.Since(start); took > 5*time.Second {
					t.Errorf("%s took %v", path, took)
				}
				if w.Code != 400 || !strings.Contains(w.Body.String(), test.want) || w.Body.Len() > 4<<10 {
					t.Errorf("%s: %d %.300s; want 400 with %q", path, w.Code, w.Body, test.want)
				}
			}
			for rec, err := range store.Records(t.Context(), "") {
				t.Errorf("stored: %v, %v", rec, err)
			}
		})
	}
}

// TestHostileStrings: what is allowed comes back as it was.
func TestHostileStrings(t *testing.T) {
	t.Parallel()
	c := client(t, registry.NewMemory(), nil, "")
	for _, topic := range []string{"o'brien", `a"b`, "a;DROP", "a/b", "%2e%2e", "a%2Fb", "ü.ñ", "a?b=c", "a&b", "a+b", "😀", "a\\b", "latest", strings.Repeat("x", 255)} {
		spec := event(topic, "v1", "'; DROP TABLE x; --")
		spec.Doc, spec.Source = "<script>alert(1)</script>", "`$(reboot)`"
		if err := c.Register(t.Context(), spec); err != nil {
			t.Errorf("%q: %v", topic, err)
			continue
		}
		got, err := c.Lookup(t.Context(), topic, "v1")
		if err != nil || got.Topic != topic || got.Doc != spec.Doc || got.Schema.String() != spec.Schema.String() {
			t.Errorf("%q: %+v, %v", topic, got, err)
		}
		if err := c.Deprecate(t.Context(), topic, "v1", "n"); err != nil {
			t.Errorf("%q: %v", topic, err)
		}
		n := 0
		for rec, err := range c.Records(t.Context(), topic) {
			if err != nil || rec.Deprecated != "n" {
				t.Errorf("%q: %+v, %v", topic, rec, err)
			}
			n++
		}
		if n != 1 {
			t.Errorf("%q: %d records", topic, n)
		}
	}
}

// FuzzRequest holds that no request makes the server fail.
func FuzzRequest(f *testing.F) {
	f.Add("POST", "/v1/register", `{"specs":[{"topic":"a","version":"v1","mode":"event","schema":{"type":"object"}}]}`)
	f.Add("POST", "/v1/check", `{"specs":[{"topic":"a","version":"v2","mode":"event","schema":true}]}`)
	f.Add("PUT", "/v1/topics/a%2f/policy", `{"compatibility":"NONE"}`)
	f.Add("DELETE", "/v1/topics/a/versions/v1/deprecation", "")
	f.Add("POST", "/v1/seen", `{"participants":[{"topic":"#","role":"caller"}]}`)
	f.Add("GET", "/v1/schemas/-1", "")
	f.Add("GET", "/v1/records?topic=%zz", "")
	f.Add("GET", "//v1/../v1/topics", "")
	h := server.New(registry.NewMemory(), nil)
	f.Fuzz(func(t *testing.T, method, path, body string) {
		r := httptest.NewRequest(http.MethodGet, "/", strings.NewReader(body))
		if !strings.HasPrefix(path, "/") {
			return
		}
		u, err := r.URL.Parse("http://x" + path)
		if err != nil {
			return
		}
		r.Method, r.URL, r.Host = method, u, "localhost"
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		if w.Code >= 500 {
			t.Errorf("%s %s %s: %d %s", method, path, body, w.Code, w.Body)
		}
	})
}
