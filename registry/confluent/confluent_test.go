package confluent_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/confluent"
	"github.com/celerysalt/salt/schema"
)

// The schemas of these tests, smaller ones first.
const (
	nameOnly  = `{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}`
	nameAge   = `{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name"]}`
	nameTitle = `{"type":"object","title":"N","properties":{"name":{"type":"string","title":"Name"}},"required":["name"]}` // means nameOnly
	nameGone  = `{"type":"object","properties":{"age":{"type":"integer"}}}`
	sumOnly   = `{"type":"object","properties":{"sum":{"type":"number"}},"required":["sum"]}`
	sumMore   = `{"type":"object","properties":{"sum":{"type":"number"},"unit":{"type":"string"}},"required":["sum"]}`
	sumGone   = `{"type":"object","properties":{"total":{"type":"number"}}}`
	failure   = `{"type":"object","properties":{"error_code":{"type":"string"}},"required":["error_code"]}`
)

func spec(topic, version, payload string) *salt.Spec {
	return &salt.Spec{Topic: topic, Version: version, Mode: salt.ModeEvent, Schema: schema.MustParse(payload)}
}

func rpc(topic, version, payload, response, failure string) *salt.Spec {
	s := spec(topic, version, payload)
	s.Mode = salt.ModeRPC
	if response != "" {
		s.Response = schema.MustParse(response)
	}
	if failure != "" {
		s.Error = schema.MustParse(failure)
	}
	return s
}

// filled holds two versions of an event, a request, and an event that is called
// like a sibling.
func filled(t *testing.T) *registry.Memory {
	t.Helper()
	store := registry.NewMemory()
	for _, s := range []*salt.Spec{
		spec("user.signup", "v1", nameOnly),              // id 1
		spec("user.signup", "v2", nameAge),               // id 2
		rpc("rpc.add", "v1", nameOnly, sumOnly, failure), // ids 1 3 4
		rpc("rpc.add", "v2", nameOnly, "", ""),           // id 1
		spec("user.signup-response", "v1", sumOnly),      // id 3
		rpc("rpc.sub", "v1.5", nameOnly, sumOnly, ""),    // ids 1 3
		spec("rpc.sub-response", "v1", nameAge),          // id 2: hides the sibling
	} {
		if err := store.Register(t.Context(), s); err != nil {
			t.Fatal(err)
		}
	}
	return store
}

// ask sends one request.
func ask(t *testing.T, h http.Handler, method, path, body string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	if body != "" {
		r.Header.Set("Content-Type", "application/vnd.schemaregistry.v1+json")
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func newRequest(t *testing.T, method, path, body string) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	return r
}

func answer(h http.Handler, r *http.Request) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

// sent is a request's body with a schema, and with more members.
func sent(text string, more ...string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"schemaType":"JSON","schema":%s%s}`, quoted, strings.Join(more, ""))
}

// A step is a request and what it is answered with. An answer of an error is
// its code and a part of its message.
type step struct {
	method, path, body string
	status             int
	want               string // the body, or a part of an error's message
	code               int    // of an error
}

func (s step) run(t *testing.T, h http.Handler) {
	t.Helper()
	w := ask(t, h, s.method, s.path, s.body)
	name := s.method + " " + s.path
	if w.Code != s.status {
		t.Fatalf("%s: status %d, want %d; %s", name, w.Code, s.status, w.Body)
	}
	if s.status < 300 {
		if got := w.Body.String(); got != s.want {
			t.Errorf("%s:\ngot  %s\nwant %s", name, got, s.want)
		}
		return
	}
	var told struct {
		Code    int    `json:"error_code"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(w.Body.Bytes(), &told); err != nil {
		t.Fatalf("%s: %v in %s", name, err, w.Body)
	}
	if told.Code != s.code || told.Message == "" || !strings.Contains(told.Message, s.want) {
		t.Errorf("%s: code %d message %q, want %d with %q", name, told.Code, told.Message, s.code, s.want)
	}
}

func steps(t *testing.T, store salt.RegistryStore, all ...step) {
	t.Helper()
	h := confluent.New(store, nil)
	for _, s := range all {
		s.run(t, h)
	}
}

// shown is an entry as it is answered.
func shown(subject string, version, id int, text string) string {
	quoted, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return fmt.Sprintf(`{"subject":%q,"version":%d,"id":%d,"guid":%q,"schemaType":"JSON","schema":%s}`, subject, version, id, guids[text], quoted)
}

// guids were computed outside of Go; they must never change, clients keep them.
var guids = map[string]string{
	nameOnly: "e7a1eae3-27be-85ee-92f6-e2d6f11daaa4",
	nameAge:  "dc05eb8f-0bf5-898f-947a-c2768619e7e5",
	sumOnly:  "4a12cb84-0bc4-8484-b618-c95d431fbe83",
	failure:  "a21d485a-50a3-8dd9-b471-bfc36a6afc0d",
}
