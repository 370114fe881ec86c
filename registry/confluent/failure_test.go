package confluent_test

import (
	"bytes"
	"context"
	"errors"
	"iter"
	"log/slog"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/confluent"
)

// TestStoreAway tells clients no more than that the store failed, and the log why.
func TestStoreAway(t *testing.T) {
	t.Parallel()
	store := filled(t)
	store.SetAway(true)
	var log bytes.Buffer
	h := confluent.New(store, &confluent.Options{Logger: slog.New(slog.NewTextHandler(&log, nil))})
	for _, request := range []string{
		"GET /subjects", "GET /schemas", "GET /schemas/ids/1", "GET /config", "GET /config/user.signup", "DELETE /config",
		"GET /subjects/user.signup/versions", "GET /schemas/ids/1/versions", "GET /schemas/guids/x", "DELETE /subjects/user.signup",
	} {
		method, path, _ := strings.Cut(request, " ")
		log.Reset()
		step{method, path, "", 500, "store failed", 50001}.run(t, h)
		if !strings.Contains(log.String(), registry.ErrAway.Error()) {
			t.Errorf("%s: logged %q", request, &log)
		}
	}
	step{"POST", "/subjects/user.signup/versions", sent(nameOnly), 500, "store failed", 50001}.run(t, h)
	step{"POST", "/subjects/user.signup", sent(nameOnly), 500, "store failed", 50001}.run(t, h)
	step{"POST", "/compatibility/subjects/user.signup/versions", sent(nameOnly), 500, "store failed", 50001}.run(t, h)
	step{"PUT", "/config", `{"compatibility":"NONE"}`, 500, "store failed", 50001}.run(t, h)
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	w := answer(confluent.New(filled(t), nil), newRequest(t, "GET", "/subjects", "").WithContext(ctx))
	if want := `{"error_code":50002,"message":"the registry did not answer in time"}`; w.Code != 500 || w.Body.String() != want {
		t.Errorf("%d %s, want %s", w.Code, w.Body, want)
	}
}

// A brokenStore yields a record, and then an error.
type brokenStore struct{ *registry.Memory }

var errBroken = errors.New("broken pipe to db-7.internal")

func (brokenStore) Records(context.Context, string) iter.Seq2[*salt.Record, error] {
	return func(yield func(*salt.Record, error) bool) {
		if yield(&salt.Record{Spec: *spec("t", "v1", nameOnly), Number: 1, SchemaID: 1}, nil) {
			yield(nil, errBroken)
		}
	}
}

// TestHalfAList never passes for a whole one.
func TestHalfAList(t *testing.T) {
	t.Parallel()
	w := ask(t, confluent.New(brokenStore{registry.NewMemory()}, nil), "GET", "/subjects", "")
	if w.Code != 500 || strings.Contains(w.Body.String(), "db-7") {
		t.Errorf("%d %s", w.Code, w.Body)
	}
}

// forbidding is a store that lets nobody write.
type forbidding struct{ *registry.Memory }

func (forbidding) Register(context.Context, ...*salt.Spec) error { return registry.ErrReadOnly }
func (forbidding) SetPolicy(context.Context, string, salt.Policy) error {
	return registry.ErrReadOnly
}

// TestReadOnly: that a store takes nothing is no failure of it.
func TestReadOnly(t *testing.T) {
	t.Parallel()
	h := confluent.New(forbidding{registry.NewMemory()}, nil)
	step{"POST", "/subjects/t/versions", sent(nameOnly), 403, "read-only", 40301}.run(t, h)
	step{"PUT", "/config", `{"compatibility":"NONE"}`, 403, "read-only", 40301}.run(t, h)
}
