package interop_test

import (
	"context"
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// TestRegistryWorker: a Go program fills the registry and publishes; a Celery
// worker (prefork) that knows only the topic handles the event. Then the
// registry is gone, and both go on.
func TestRegistryWorker(t *testing.T) {
	t.Parallel()
	broker := need(t, "SALT_TEST_AMQP_URL")
	s := startRegistry(t)
	topic := "registry." + uuid.NewString()[:8]
	catalog := salt.NewCatalog()
	definition := salt.DefineEvent[placed](topic, salt.In(catalog))
	transport, err := rabbitmq.Open(broker, nil)
	if err != nil {
		t.Fatal(err)
	}
	bus, err := salt.Open(t.Context(), transport, &salt.Options{Service: "shop", Registry: s.client(t), Catalog: catalog})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := bus.Close(context.WithoutCancel(t.Context())); err != nil {
			t.Error(err)
		}
	})

	said, lost := make(chan []byte, 100), make(chan struct{})
	startProgram(t, need(t, "SALT_TEST_PYTHON"), "registry_worker", []string{s.url, topic, "python." + topic}, adapterEnv(t),
		func(line []byte) { said <- line },
		func(err error) {
			t.Error(err)
			close(lost)
		})
	next := func() []byte {
		t.Helper()
		select {
		case line := <-said:
			return line
		case <-lost:
			t.FailNow()
		case <-time.After(patience):
			t.Fatal("the worker says nothing")
		}
		return nil
	}
	if line := string(next()); line != "\"ready\"\n" {
		t.Fatalf("the worker says %s", line)
	}
	handled := func(id int) {
		t.Helper()
		if _, err := definition.Publish(t.Context(), bus, &placed{ID: id, Total: 2.5, Note: "x"}); err != nil {
			t.Fatal(err)
		}
		var got map[string]any
		if err := json.Unmarshal(next(), &got); err != nil {
			t.Fatal(err)
		}
		delete(got, "pid")
		if diff := cmp.Diff(map[string]any{"id": float64(id), "total": 2.5, "note": "x"}, got); diff != "" {
			t.Errorf("the worker got (-want +got):\n%s", diff)
		}
	}
	handled(1)
	expectSeen(t, s, fmt.Sprintf("subscriber %s latest bill worker python", topic))
	s.kill(t)
	handled(2)
}

// expectSeen waits until the registry has seen a participant.
func expectSeen(t *testing.T, s *registryServer, want string) {
	t.Helper()
	// What a worker tells, it tells in the background, soon after it is ready.
	for deadline := time.Now().Add(patience); ; {
		var all []string
		for p, err := range s.store.Participants(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, fmt.Sprint(p.Role, " ", p.Topic, " ", p.Version, " ", p.Handler, " ", p.Service, " ", p.Language))
			if all[len(all)-1] == want {
				return
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("want %q among %q", want, all)
		}
		select {
		case <-s.seen:
		case <-time.After(time.Second):
		}
	}
}
