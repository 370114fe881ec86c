package confluent_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/confluent"
	"github.com/celerysalt/salt/schema"
)

// checkAnswer holds whatever is answered to the form that clients can parse:
// JSON, and for errors a code that fits the status. What others send is never
// the store's failure.
func checkAnswer(t *testing.T, w *httptest.ResponseRecorder) {
	t.Helper()
	if w.Code >= 500 || w.Code >= 300 && w.Code < 400 {
		t.Fatalf("status %d: %s", w.Code, w.Body)
	}
	if !jsontext.Value(w.Body.Bytes()).IsValid() {
		t.Fatalf("status %d, not JSON: %q", w.Code, w.Body)
	}
	if w.Code < 300 {
		return
	}
	var told struct {
		Code    int    `json:"error_code"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
		t.Fatal(err)
	}
	if told.Code != w.Code && told.Code/100 != w.Code || told.Message == "" {
		t.Fatalf("status %d with %s", w.Code, w.Body)
	}
}

// FuzzBodies sends any body to all that take one. What is registered is a
// schema, and is found again.
func FuzzBodies(f *testing.F) {
	for _, seed := range []string{
		sent(nameOnly), sent(nameTitle), sent(`true`), sent(nameOnly, `,"id":7,"version":2`), sent(nameOnly, `,"references":[1]`),
		sent(nameOnly, `,"metadata":{"a":[]},"ruleSet":{"b":{}}`), `{"schemaType":"AVRO"}`, `{"schema":null}`, `null`, `[]`, ``, "\xff",
		`{"compatibility":"FULL","compatibilityPolicy":"STRICT"}`, `{"compatibility":1}`, `{"alias":"x"}`, `{"mode":"IMPORT"}`,
		`{"schemaType":"json","schema":"{\"$ref\":\"#\"}"}`, `{"id":1e400}`, strings.Repeat(`[`, 20_000),
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, body string) {
		store := registry.NewMemory()
		h := confluent.New(store, nil)
		for _, to := range []string{
			"POST /subjects/t/versions", "POST /subjects/t", "POST /compatibility/subjects/t/versions/latest",
			"POST /compatibility/subjects/t/versions?verbose=true", "PUT /config", "PUT /config/t", "PUT /mode",
		} {
			method, path, _ := strings.Cut(to, " ")
			w := ask(t, h, method, path, body)
			checkAnswer(t, w)
			if to != "POST /subjects/t/versions" || w.Code != http.StatusOK {
				continue
			}
			var told struct {
				Schema string `json:"schema"`
			}
			if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
				t.Fatal(err)
			}
			if _, err := schema.Parse([]byte(told.Schema)); err != nil {
				t.Fatalf("registered %q: %v", told.Schema, err)
			}
			if again := ask(t, h, "POST", "/subjects/t", body); again.Code != http.StatusOK || again.Body.String() != w.Body.String() {
				t.Fatalf("registered %s, found %d %s", w.Body, again.Code, again.Body)
			}
		}
	})
}

// FuzzPaths asks for anything.
func FuzzPaths(f *testing.F) {
	for _, seed := range []string{
		"/subjects/user.signup/versions/1", "/subjects/%2e%2e/versions", "/subjects/a%2Fb/versions/latest/schema", "/contexts/./subjects",
		"/contexts/%2E/config/t", "/contexts//", "//", "/", "/schemas/ids/-1", "/schemas/ids/99999999999999999999", "/config/%00", "/mode/%ff",
		"/subjects/-response/versions", "/subjects?limit=-9&offset=-9", "/subjects/:.:/versions", "/subjects/:.x:y/versions", "/schemas?latestOnly=true",
		"/subjects/rpc.add-response-response/versions/latest", "/schemas/ids/1?subject=%2A&fetchMaxId=true",
	} {
		f.Add("GET", seed)
		f.Add("DELETE", seed)
	}
	f.Fuzz(func(t *testing.T, method, path string) {
		u, err := url.ParseRequestURI(path)
		if err != nil || !strings.HasPrefix(u.Path, "/") || u.Host != "" {
			t.Skip()
		}
		r, err := http.NewRequestWithContext(t.Context(), method, "/", http.NoBody)
		if err != nil || method == http.MethodConnect {
			t.Skip()
		}
		r.URL, r.RequestURI = u, path
		checkAnswer(t, answer(confluent.New(filled(t), nil), r))
	})
}
