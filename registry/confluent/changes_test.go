package confluent_test

import (
	"testing"

	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/confluent"
)

// TestChanges: what is called no change leaves the history as it was, by whatever
// path it is asked for.
func TestChanges(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		method, path string
		want         bool
	}{
		{"GET", "/subjects", false},
		{"HEAD", "/config", false},
		{"POST", "/subjects/order.paid", false},
		{"POST", "/subjects/order.paid/", false},
		{"POST", "/contexts/./subjects/order.paid", false},
		{"POST", "/contexts/:.:/subjects/order.paid", false},
		{"POST", "/compatibility/subjects/order.paid/versions/latest", false},
		{"POST", "/contexts/./compatibility/subjects/order.paid/versions", false},
		{"POST", "/subjects/order.paid/versions", true},
		{"POST", "/subjects/order.paid/versions/", true},
		{"POST", "/contexts/./subjects/order.paid/versions", true},
		{"POST", "/contexts/./contexts/./subjects/order.paid/versions", true},
		{"POST", "/contexts/compatibility/subjects/order.paid/versions", true},
		{"POST", "/compatibility/../subjects/order.paid/versions", true},
		{"POST", "//subjects/order.paid", true},
		{"PUT", "/config", true},
		{"DELETE", "/subjects/order.paid", true},
		{"PATCH", "/compatibility/subjects/order.paid/versions", true},
	} {
		r := newRequest(t, test.method, test.path, sent(nameOnly))
		if got := confluent.Changes(r); got != test.want {
			t.Errorf("%s %s: %v, want %v", test.method, test.path, got, test.want)
		}
		if test.want {
			continue
		}
		store := registry.NewMemory()
		answer(confluent.New(store, nil), r)
		for change, err := range store.History(t.Context(), "") {
			t.Errorf("%s %s made a change: %+v, %v", test.method, test.path, change, err)
		}
	}
}
