package interop_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"
)

// seenByPython waits until the worker's handler has seen the message, and
// compares the argument's members with want, which is JSON as values.py writes
// it: 1 is an int, 1.0 a float, {"t":"UUID","v":…} a UUID. It returns the
// report.
func (c *config) seenByPython(t *testing.T, id, handler, want string) report {
	t.Helper()
	r := c.reports.await(t, id, 1, "the Python handler "+handler, func(r report) bool {
		return r.Kind == "seen" && r.Handler == handler
	})[0]
	if diff := cmp.Diff(jsonOf(t, []byte(want)), jsonOf(t, r.Fields)); diff != "" {
		t.Errorf("what the Python handler saw (-want +got)\n%s", diff)
	}
	return r
}

// dispatchedByPython waits until the worker's dispatcher is done with the
// message and has found n handlers for it.
func (c *config) dispatchedByPython(t *testing.T, id string, n int) (got *pythonRequest) {
	t.Helper()
	got = c.reports.await(t, id, 1, "the Python dispatcher", func(r report) bool { return r.Kind == "dispatched" })[0].Request
	end := c.reports.await(t, id, 1, "the Python dispatcher's answer", func(r report) bool { return r.Kind == "answered" })[0]
	var a struct {
		Status   string
		Executed int `json:"handlers_executed"`
	}
	if err := json.Unmarshal(end.Answer, &a); err != nil || end.State != "SUCCESS" {
		t.Fatalf("the dispatcher ended as %s with %s", end.State, end.Answer)
	}
	status := "completed"
	if n == 0 {
		status = "no_handlers"
	}
	if a.Status != status || a.Executed != n {
		t.Errorf("the dispatcher answered %q for %d handlers, want %q for %d", a.Status, a.Executed, status, n)
	}
	return got
}

// seenByGo waits until the Go handler has seen the message with the id or tag,
// and compares the value with want.
func (c *config) seenByGo(t *testing.T, key, handler string, want any, opts ...cmp.Option) salt.Message {
	t.Helper()
	s := c.sights.await(t, key, 1, "the Go handler "+handler, func(s sight) bool { return s.handler == handler })[0]
	if diff := cmp.Diff(want, s.value, opts...); diff != "" {
		t.Errorf("what the Go handler saw (-want +got)\n%s", diff)
	}
	return s.info
}

// deadInGo waits for the message among the Go service's dead letters.
func (c *config) deadInGo(t *testing.T, id string) amqp.Delivery {
	t.Helper()
	return c.dead.await(t, id, 1, "the dead letter", func(amqp.Delivery) bool { return true })[0]
}

// jsonOf decodes JSON for comparison; numbers keep their text, because for
// Python 1 and 1.0 are different things.
func jsonOf(t *testing.T, text []byte) any {
	t.Helper()
	d := json.NewDecoder(bytes.NewReader(text))
	d.UseNumber()
	var v any
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return v
}

// jsonText quotes a value for a want of seenByPython.
func jsonText(v any) string {
	text, err := json.Marshal(v)
	if err != nil {
		panic(fmt.Sprintf("%v: %v", v, err))
	}
	return string(text)
}

// sameFields compares the fields of got that are named.
func sameFields(t *testing.T, got any, want map[string]any) {
	t.Helper()
	v := reflect.ValueOf(got)
	for _, name := range slices.Sorted(maps.Keys(want)) {
		if diff := cmp.Diff(want[name], v.FieldByName(name).Interface()); diff != "" {
			t.Errorf("%s (-want +got)\n%s", name, diff)
		}
	}
}

// reflectField returns a field of the struct that v points to, not valid if
// there is none.
func reflectField(v any, name string) reflect.Value {
	return reflect.ValueOf(v).Elem().FieldByName(name)
}
