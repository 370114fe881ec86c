package redis_test

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// TestPythonStoresTheSame lets Celery and Store keep the same answer: but for
// id and time, keys, values to the byte, publications and lifetimes agree.
func TestPythonStoresTheSame(t *testing.T) {
	t.Parallel()
	url := need(t, "SALT_TEST_REDIS_URL")
	p, r, c := startPeer(t, `{}`), open(t, url, nil), plain(t, url)
	date := regexp.MustCompile(`"date_done": "[^"]+"`)
	kept := func(id string, store func()) (value string, ttl time.Duration) {
		key := "celery-task-meta-" + id
		ps := c.Subscribe(patience(t), key)
		defer ps.Close()
		if _, err := ps.Receive(patience(t)); err != nil {
			t.Fatal(err)
		}
		store()
		m, err := ps.ReceiveMessage(patience(t))
		if err != nil {
			t.Fatal(err)
		}
		value = c.Get(patience(t), key).Val()
		if m.Payload != value {
			t.Errorf("published %s, stored %s", m.Payload, value)
		}
		value = date.ReplaceAllString(value, `"date_done": "NOW"`)
		return strings.ReplaceAll(value, id, "ID"), c.TTL(patience(t), key).Val().Round(10 * time.Minute)
	}
	ours, theirs := request(), request()
	got, gotTTL := kept(ours.ID, func() {
		if err := r.Store(patience(t), ours, answer(ours, `{"total": 7}`)); err != nil {
			t.Fatal(err)
		}
	})
	var stored struct {
		Result json.RawMessage `json:"result"`
	}
	if err := json.Unmarshal([]byte(got), &stored); err != nil {
		t.Fatal(err)
	}
	want, wantTTL := kept(theirs.ID, func() {
		p.do(map[string]any{"do": "store", "id": theirs.ID, "state": "SUCCESS", "result": stored.Result})
	})
	// The order within the result is ours, since this test told Celery so.
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("value (-Celery +Salt):\n%s", diff)
	}
	if gotTTL != wantTTL {
		t.Errorf("TTL %v, Celery's %v", gotTTL, wantTTL)
	}
}
