package celery

import (
	"bytes"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

const vectorDir = "../testdata/wire/vectors"

// kinds counts the vector files: a file that goes missing, or one of a new
// kind, must not go unnoticed. Tables and the topology are no messages; the
// root package has tests for the tables.
var kinds = map[string]int{
	"publish": 45, "rpc_request": 49, "rpc_reply": 24, "redis_result": 23,
	"internal_subtask": 2, "accept_test": 58, "reply_accept_test": 38,
	"table": 5, "topology": 1,
}

// A capture is a vector file as the tests see it: with what Python said.
type capture struct {
	vector `json:"-"`
	raw    []byte

	Name          string         `json:"name"`
	Kind          string         `json:"kind"`
	Stack         map[string]any `json:"stack"`
	PythonCall    string         `json:"python_call"`
	ReturnValue   any            `json:"return_value"`
	Request       string         `json:"request"`
	PythonOutcome struct {
		Raised   string          `json:"raised"`
		Message  string          `json:"message"`
		Type     string          `json:"returned_type"`
		DataType string          `json:"data_type"`
		Value    json.RawMessage `json:"value"`
		Payload  json.RawMessage `json:"payload"`
		Returned json.RawMessage `json:"returned"`
	} `json:"python_outcome"`
	Verdicts map[string]verdict `json:"verdicts"`
	RedisKey struct {
		Key   string `json:"key"`
		Value string `json:"value"`
	} `json:"redis"`
}

type verdict struct {
	Ran     bool            `json:"handler_ran"`
	Crashed bool            `json:"worker_crashed"`
	Status  string          `json:"result_status"`
	Result  json.RawMessage `json:"result"`
}

// base is the name without the mark of the Celery version.
func (c *capture) base() string {
	name, _, _ := strings.Cut(c.Name, "_celery5")
	return name
}

// modern reports whether Celery 5.3 or newer sent it, whose headers Salt's are.
func (c *capture) modern() bool {
	v, _ := c.Stack["celery"].(string)
	return strings.HasPrefix(v, "5.3") || strings.HasPrefix(v, "5.6")
}

func load(t testing.TB, name string) *capture {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(vectorDir, name+".json"))
	if err != nil {
		t.Fatal(err)
	}
	c := &capture{raw: raw}
	if err := json.Unmarshal(raw, c); err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	if c.Kind == "table" || c.Kind == "topology" {
		return c
	}
	v, err := parseVector(raw)
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	c.vector = *v
	return c
}

func names(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(vectorDir, "*.json"))
	if err != nil {
		t.Fatal(err)
	}
	for i, f := range files {
		files[i] = strings.TrimSuffix(filepath.Base(f), ".json")
	}
	return files
}

// captures returns the vectors of the kinds, all of them.
func captures(t testing.TB, of ...string) []*capture {
	t.Helper()
	var found []*capture
	want := 0
	for _, kind := range of {
		want += kinds[kind]
		for _, name := range names(t) {
			if c := load(t, name); c.Kind == kind {
				found = append(found, c)
			}
		}
	}
	if len(found) != want || want == 0 {
		t.Fatalf("%d vectors of kinds %q, want %d", len(found), of, want)
	}
	return found
}

func TestEveryVectorHasAKind(t *testing.T) {
	t.Parallel()
	got := make(map[string]int)
	for _, name := range names(t) {
		c := load(t, name)
		got[c.Kind]++
		if c.Name != name {
			t.Errorf("%s.json is named %q inside", name, c.Name)
		}
	}
	if diff := cmp.Diff(kinds, got); diff != "" {
		t.Error(diff)
	}
}

// tree returns JSON as a tree in which numbers compare by value.
func tree(t testing.TB, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%.80q: %v", text, err)
	}
	return v
}

var byValue = cmp.Comparer(func(a, b json.Number) bool {
	x, ok := new(big.Rat).SetString(string(a))
	y, ok2 := new(big.Rat).SetString(string(b))
	return ok && ok2 && x.Cmp(y) == 0
})

func diffJSON(t testing.TB, want, got []byte) string {
	t.Helper()
	return cmp.Diff(tree(t, want), tree(t, got), byValue)
}

// instant is the tests' own reading of a time.
func instant(t testing.TB, v any) time.Time {
	t.Helper()
	s, ok := v.(string)
	if !ok {
		return time.Time{}
	}
	at, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		t.Fatal(err)
	}
	return at.UTC()
}

func mustEnvelope(t testing.TB, c *capture) *Envelope {
	t.Helper()
	e, err := c.envelope()
	if err != nil {
		t.Fatalf("%s: %v", c.Name, err)
	}
	return e
}
