package server_test

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/server"
	"github.com/celerysalt/salt/schema"
)

// document is what this test reads of an OpenAPI document.
type document struct {
	OpenAPI    string                          `json:"openapi"`
	Paths      map[string]map[string]operation `json:"paths"`
	Components struct {
		Schemas map[string]jsontext.Value `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	OperationID string              `json:"operationId"`
	RequestBody payload             `json:"requestBody"`
	Responses   map[string]payload  `json:"responses"`
	Parameters  []map[string]any    `json:"parameters"`
	Security    []map[string]string `json:"security"`
}

type payload struct {
	Content map[string]struct {
		Schema jsontext.Value `json:"schema"`
	} `json:"content"`
}

// component compiles a schema of the document, with all components as its $defs.
func (d *document) component(t *testing.T, text jsontext.Value) *schema.Schema {
	t.Helper()
	defs, err := json.Marshal(d.Components.Schemas, json.Deterministic(true))
	if err != nil {
		t.Fatal(err)
	}
	whole := fmt.Sprintf(`{"$defs":%s,"allOf":[%s]}`, defs, text)
	s, err := schema.Parse([]byte(strings.ReplaceAll(whole, "#/components/schemas/", "#/$defs/")))
	if err != nil {
		t.Fatalf("the document's schemas are none: %v", err)
	}
	return s
}

// TestOpenAPI walks every operation of the document against a server, and holds
// request and answer against the document's schemas.
func TestOpenAPI(t *testing.T) {
	t.Parallel()
	store := registry.NewMemory()
	if err := store.Register(t.Context(), event("a", "v1", "x")); err != nil {
		t.Fatal(err)
	}
	h := server.New(store, nil)
	w := do(t, h, "GET", "/openapi.json", "")
	var doc document
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil || doc.OpenAPI != "3.1.0" {
		t.Fatalf("the document: %q, %v", doc.OpenAPI, err)
	}
	for _, ref := range regexp.MustCompile(`"\$ref": ?"#/components/schemas/([^"]*)"`).FindAllStringSubmatch(w.Body.String(), -1) {
		if doc.Components.Schemas[ref[1]] == nil {
			t.Errorf("$ref to %q, which is not there", ref[1])
		}
	}
	spec := `{"topic":"b","version":"v1","mode":"rpc","schema":{"type":"object"},"response":{"type":"object"},"source":"f.go:1"}`
	broken := `{"topic":"a","version":"v2","mode":"event","schema":{"type":"object","properties":{"y":{"type":"string"}}}}`
	steps := []struct {
		id, path, body string
		want           int
	}{
		{"health", "/v1/health", "", 200},
		{"see", "/v1/seen", `{"participants":[{"topic":"a","version":"v1","role":"subscriber","service":"s","host":"h","handler":"f"}]}`, 204},
		{"check", "/v1/check", `{"specs":[` + spec + `,` + broken + `]}`, 200},
		{"register", "/v1/register", `{"specs":[` + spec + `]}`, 200},
		{"register", "/v1/register", `{"specs":[` + broken + `]}`, 409},
		{"register", "/v1/register", `{"specs":[{"topic":"a b"}]}`, 400},
		{"records", "/v1/records", "", 200},
		{"topics", "/v1/topics", "", 200},
		{"version", "/v1/topics/b/versions/latest", "", 200},
		{"version", "/v1/topics/b/versions/v7", "", 404},
		{"version", "/v1/topics/b/versions/newest", "", 400},
		{"schema", "/v1/schemas/1", "", 200},
		{"schema", "/v1/schemas/99", "", 404},
		{"schema", "/v1/schemas/x", "", 400},
		{"setPolicy", "/v1/policy", `{"compatibility":"FULL","readers":"strict","owner":"o"}`, 200},
		{"setPolicy", "/v1/policy", `{"compatible":"FULL"}`, 400},
		{"policy", "/v1/policy", "", 200},
		{"setTopicPolicy", "/v1/topics/a/policy", `{"owner":"p"}`, 200},
		{"topicPolicy", "/v1/topics/a/policy?effective=true", "", 200},
		{"deprecate", "/v1/topics/a/versions/v1/deprecation", `{"note":"use b"}`, 204},
		{"deprecate", "/v1/topics/a/versions/v1/deprecation", `{"note":" "}`, 400},
		{"deprecate", "/v1/topics/a/versions/v9/deprecation", `{"note":"n"}`, 404},
		{"records", "/v1/records?topic=a", "", 200},
		{"restore", "/v1/topics/a/versions/v1/deprecation", "", 204},
		{"participants", "/v1/participants", "", 200},
		{"history", "/v1/history", "", 200},
		{"openapi", "/openapi.json", "", 200},
	}
	walked := map[string]bool{}
	for _, step := range steps {
		method, op := doc.find(t, step.id, step.path)
		walked[step.id] = true
		if step.body != "" && step.want < 300 {
			if err := doc.component(t, op.RequestBody.Content["application/json"].Schema).Validate([]byte(step.body)); err != nil {
				t.Errorf("%s: the document refuses the request: %v", step.id, err)
			}
		}
		doc.holds(t, op, do(t, h, method, step.path, step.body), step.want)
	}
	for _, item := range doc.Paths {
		for _, op := range item {
			if !walked[op.OperationID] {
				t.Errorf("operation %s is not walked; add a step", op.OperationID)
			}
		}
	}
}

// find returns the operation whose path fits.
func (d *document) find(t *testing.T, id, path string) (string, *operation) {
	t.Helper()
	path, _, _ = strings.Cut(path, "?")
	for template, item := range d.Paths {
		for method, op := range item {
			if op.OperationID != id {
				continue
			}
			if !regexp.MustCompile("^" + regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(template, "[^/]+") + "$").MatchString(path) {
				t.Errorf("%s is not at %s", id, path)
			}
			return strings.ToUpper(method), &op
		}
	}
	t.Fatalf("the document has no operation %s", id)
	return "", nil
}

// holds compares an answer with what the document says of it.
func (d *document) holds(t *testing.T, op *operation, w *httptest.ResponseRecorder, want int) {
	t.Helper()
	if w.Code != want {
		t.Errorf("%s: %d %s, want %d", op.OperationID, w.Code, w.Body, want)
		return
	}
	described, ok := op.Responses[fmt.Sprint(w.Code)]
	if !ok {
		t.Errorf("%s: the document has no answer %d", op.OperationID, w.Code)
		return
	}
	if w.Code == http.StatusNoContent {
		if w.Body.Len() > 0 {
			t.Errorf("%s: a body with 204", op.OperationID)
		}
		return
	}
	of, ok := described.Content[w.Header().Get("Content-Type")]
	if !ok {
		t.Errorf("%s: the document has no %q", op.OperationID, w.Header().Get("Content-Type"))
		return
	}
	answers := [][]byte{w.Body.Bytes()}
	if strings.HasSuffix(w.Header().Get("Content-Type"), "x-ndjson") {
		answers = bytes.Split(bytes.TrimSpace(w.Body.Bytes()), []byte("\n"))
	}
	s := d.component(t, of.Schema)
	for _, answer := range answers {
		if err := s.Validate(answer); err != nil {
			t.Errorf("%s: the document refuses the answer %s: %v", op.OperationID, answer, err)
		}
	}
}

// TestNoSuchAddress: what is no route is told in JSON, with the methods that are.
func TestNoSuchAddress(t *testing.T) {
	t.Parallel()
	h := server.New(registry.NewMemory(), nil)
	for _, test := range []struct {
		method, path, allow string
		want                int
	}{
		{"GET", "/v1/nothing", "", 404},
		{"GET", "/favicon.ico", "", 404},
		{"GET", "/v1/register", "POST", 405},
		{"PATCH", "/v1/policy", "GET,PUT", 405},
		{"POST", "/openapi.json", "GET", 405},
	} {
		w := do(t, h, test.method, test.path, "")
		if w.Code != test.want || strings.Join(w.Header().Values("Allow"), ",") != test.allow || !strings.HasPrefix(w.Body.String(), `{"error":`) {
			t.Errorf("%s %s: %d, allow %q, %s", test.method, test.path, w.Code, w.Header().Values("Allow"), w.Body)
		}
	}
}
