// Package clients holds the Confluent surface to what real clients make of it:
// twmb/franz-go and confluentinc/confluent-kafka-go, every operation that each
// has. It is a module of its own, so that their dependencies are not Salt's.
//
//	go -C registry/confluent/clients test -v ./...   prints the tables
package clients

import (
	"fmt"
	"net/http/httptest"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/confluent"
	"github.com/celerysalt/salt/schema"
)

// The schemas of these tests.
const (
	first      = `{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}`
	firstAgain = `{"required":["name"],"type":"object","title":"T","properties":{"name":{"type":"string"}}}` // means first
	second     = `{"type":"object","properties":{"name":{"type":"string"},"age":{"type":"integer"}},"required":["name"]}`
	broken     = `{"type":"object","properties":{"age":{"type":"integer"}}}` // old readers need the name
	sum        = `{"type":"object","properties":{"sum":{"type":"number"}},"required":["sum"]}`
)

// serve starts a registry with one topic of requests, without its answers.
func serve(t *testing.T) string {
	t.Helper()
	store := registry.NewMemory()
	err := store.Register(t.Context(), &salt.Spec{Topic: "rpc.add", Version: "v1", Mode: salt.ModeRPC, Schema: schema.MustParse(first)})
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(confluent.New(store, nil))
	t.Cleanup(server.Close)
	return server.URL
}

// An operation is one method of a client with one sort of input. Operations
// are run in order, on one registry.
type operation struct {
	method string
	what   string
	run    func() (any, error)
	want   any
	code   int    // of a refusal
	why    string // Salt refuses it
}

// check runs operations, prints the table, and fails where an answer differs or
// one of the methods was never called.
func check(t *testing.T, client string, methods []string, codeOf func(error) int, all []operation) {
	t.Helper()
	var table strings.Builder
	missing, passed, refused := slices.Clone(methods), 0, 0
	for _, op := range all {
		missing = slices.DeleteFunc(missing, func(name string) bool { return name == op.method })
		result, detail := "pass", op.what
		got, err := op.run()
		code := 0
		if err != nil {
			code = codeOf(err)
		}
		switch diff := cmp.Diff(op.want, got); {
		case err != nil && (code == 0 || code != op.code), err == nil && op.code != 0:
			result = "FAIL"
			t.Errorf("%s %s (%s): error %v, want code %d", client, op.method, op.what, err, op.code)
		case err == nil && diff != "":
			result = "FAIL"
			t.Errorf("%s %s (%s): (-want +got)\n%s", client, op.method, op.what, diff)
		case op.why != "":
			result, detail = fmt.Sprintf("refused %d", op.code), op.what+": "+op.why
			refused++
		default:
			passed++
			if op.code != 0 {
				result = fmt.Sprintf("pass (%d)", op.code)
			}
		}
		fmt.Fprintf(&table, "%-12s %-32s %-15s %s\n", client, op.method, result, detail)
	}
	if len(missing) > 0 {
		t.Errorf("%s: never called: %v", client, missing)
	}
	t.Logf("%d operations as the client expects, %d refused for a named reason, %d methods\n%s", passed, refused, len(methods), &table)
}

// methodsOf lists what a client can do, but for what never reaches a server.
func methodsOf(client reflect.Type, local ...string) []string {
	var names []string
	for m := range client.Methods() {
		if !slices.Contains(local, m.Name) {
			names = append(names, m.Name)
		}
	}
	return names
}

const (
	immutable = "schemas are immutable; deprecate"
	ownIDs    = "Salt gives ids and numbers"
	oneWorld  = "there is one context"
	always    = "the mode is always READWRITE"
	noData    = "Salt keeps no metadata beside schemas"
	jsonOnly  = "Salt holds JSON Schemas"
)
