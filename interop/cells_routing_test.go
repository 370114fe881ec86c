package interop_test

import (
	"bytes"
	"context"
	"slices"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// routing is which handlers an event reaches: versions, wildcards, services.
var routing = cellGroup{
	name:    "routing",
	dialect: celerySalt,
	handle:  handleRouted,
	cells: []cell{
		goVersion("v1", "v1", "latest"),
		goVersion("v2", "v1", "v2", "latest"),
		goVersion("v10", "v1", "v2", "latest"),
		goVersion("", "latest"),
		{name: "version, Go to a Python class of v2", absent: noClasses, run: goToVersionClass},
		pythonVersion("v1", "v1", "all"),
		pythonVersion("v2", "v1", "v2", "all"),
		pythonVersion("v10", "v1", "v2", "all"),
		pythonVersion("", "all"),
		{name: "wildcards, Go to Python, a.created", run: goWild("wild.a.created", "wild.*.created", "wild.#")},
		{name: "wildcards, Go to Python, a.b.c", run: goWild("wild.a.b.c", "wild.#")},
		{name: "wildcards, Go to Python, # for no words", limit: func(*setup) string {
			return "the broker routes the topic wild by the pattern wild.#, but celery-salt's own matching wants a dot and finds no handler; the same from Python"
		}, run: goWild("wild", "wild.#"), shown: hashForNoWords},
		{name: "wildcards, Python to Go, a.created", run: pythonWild("pywild.a.created", "pywild.*.created", "pywild.#")},
		{name: "wildcards, Python to Go, a.b.c", run: pythonWild("pywild.a.b.c", "pywild.#")},
		{name: "wildcards, Python to Go, # for no words", run: pythonWild("pywild", "pywild.#")},
		{name: "several services, from Go", run: severalServices(func(t *testing.T, c *config, v note) string {
			t.Helper()
			id, err := several.Publish(t.Context(), c.bus, &v)
			if err != nil {
				t.Fatal(err)
			}
			return id
		})},
		{name: "several services, from Python", run: severalServices(func(t *testing.T, c *config, v note) string {
			t.Helper()
			return c.driver().must(t, command{"do": "publish", "event": "several.both", "fields": map[string]any{"tag": v.Tag, "n": v.N}}).ID
		})},
	},
}

var (
	versionV1 = salt.DefineEvent[note]("version.py")
	versionV2 = salt.DefineEvent[note]("version.py", salt.Version("v2"))
	versionX  = salt.DefineEvent[note]("version.py", salt.Version("v10"))
	versionGo = salt.DefineEvent[note]("version.go")
	several   = salt.DefineEvent[note]("several.both")

	classV1 = salt.DefineEvent[note]("version.py.class")
	classV2 = salt.DefineEvent[note]("version.py.class", salt.Version("v2"))
)

type wild struct {
	Tag string `json:"tag"`
}

func handleRouted(c *config) {
	listen := func(e *salt.EventType[note], name string, opts ...salt.SubscribeOption) {
		e.Subscribe(c.bus, func(ctx context.Context, n *note) error {
			c.saw(ctx, name, *n, n.Tag)
			return nil
		}, opts...)
	}
	listen(versionGo, "v1")
	listen(versionGo, "v2", salt.FromVersion("v2"))
	listen(versionGo, "all", salt.AllVersions()) // the last to be called
	listen(several, "service", salt.AllVersions())
	for _, pattern := range []string{"pywild.*.created", "pywild.#"} { // # is the last
		salt.SubscribePattern(c.bus, pattern, func(ctx context.Context, w *wild) error {
			c.saw(ctx, pattern, *w, w.Tag)
			return nil
		})
	}
}

// handlersOf lists who has seen a message, in Python or Go.
func (c *config) handlersOf(id string) []string {
	var names []string
	for _, r := range c.reports.all(id, func(r report) bool { return r.Kind == "seen" }) {
		names = append(names, r.Handler)
	}
	for _, s := range c.sights.all(id, func(sight) bool { return true }) {
		names = append(names, s.handler)
	}
	slices.Sort(names)
	return names
}

func goVersion(version string, handlers ...string) cell {
	name := "version, Go to Python, " + version
	if version == "" {
		name += "none"
	}
	send := func(t *testing.T, c *config) (note, string) {
		t.Helper()
		definitions := map[string]*salt.EventType[note]{"v1": versionV1, "v2": versionV2, "v10": versionX}
		if e := definitions[version]; e != nil {
			return publishNote(t, c, e, 2)
		}
		v := note{uuid.NewString(), 2}
		m := salt.Message{Topic: "version.py", Body: []byte(jsonText(v))} // a definition always has one
		if err := c.bus.Send(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
		return v, m.ID
	}
	run := func(t *testing.T, c *config, handlers ...string) {
		t.Helper()
		v, id := send(t, c)
		for _, h := range handlers {
			c.seenByPython(t, id, "version.py "+h, v.seen())
		}
		c.dispatchedByPython(t, id, len(handlers)) // and no other
	}
	return cell{
		name: name,
		run:  func(t *testing.T, c *config) { run(t, c, handlers...) },
		limit: func(s *setup) string {
			if s.env == oldestEnv && len(handlers) < 3 {
				return "celery-salt 1.0.0 does not look at versions: all handlers run; the same from Python"
			}
			return ""
		},
		shown: func(t *testing.T, c *config) {
			run(t, c, "v1", "v2", "latest")
			a := c.driver().must(t, command{"do": "send", "topic": "version.py", "payload": map[string]any{"tag": uuid.NewString(), "n": 2}})
			c.dispatchedByPython(t, a.ID, 3)
		},
	}
}

func goToVersionClass(t *testing.T, c *config) {
	_, old := publishNote(t, c, classV1, 1)
	c.dispatchedByPython(t, old, 0)
	v, id := publishNote(t, c, classV2, 1)
	c.seenByPython(t, id, "version.py.class v2", v.seen())
	c.dispatchedByPython(t, id, 1)
}

func pythonVersion(version string, handlers ...string) cell {
	name := "version, Python to Go, " + version
	do := command{"do": "publish", "event": "version.go " + version}
	if version == "" {
		name += "none"
		do = command{"do": "send", "topic": "version.go"}
	}
	run := func(t *testing.T, c *config, handlers ...string) {
		t.Helper()
		v := note{uuid.NewString(), 2}
		all := command{"do": do["do"], "event": do["event"], "topic": do["topic"]}
		all["fields"] = map[string]any{"tag": v.Tag, "n": 2}
		all["payload"] = all["fields"]
		id := c.driver().must(t, all).ID
		info := c.seenByGo(t, id, "all", v)
		sameFields(t, info, map[string]any{"Version": c.sentVersion(version)})
		// Those before it have had their turn.
		slices.Sort(handlers)
		if diff := cmp.Diff(handlers, c.handlersOf(id)); diff != "" {
			t.Errorf("handlers (-want +got)\n%s", diff)
		}
	}
	return cell{
		name: name,
		run:  func(t *testing.T, c *config) { run(t, c, slices.Clone(handlers)...) },
		limit: func(s *setup) string {
			if s.env == oldestEnv && version != "" {
				return "celery-salt 1.0.0 sends no version, so only handlers of all versions run"
			}
			return ""
		},
		shown: func(t *testing.T, c *config) {
			run(t, c, "all")
			c.sendsNoVersion(t)
		},
	}
}

// sendsNoVersion shows that also a Python worker gets no version from Python.
func (c *config) sendsNoVersion(t *testing.T) {
	t.Helper()
	tapped := c.broker.tap(t, "version.nobody")
	c.driver().must(t, command{"do": "send", "topic": "version.nobody", "payload": map[string]any{}})
	if d := <-tapped; bytes.Contains(d.Body, []byte(`\"version\"`)) {
		t.Errorf("there is a version in %s", d.Body)
	}
}

func goWild(topic string, handlers ...string) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		tag := uuid.NewString()
		m := salt.Message{Topic: topic, Version: "v1", Body: []byte(jsonText(wild{tag}))}
		if err := c.bus.Send(t.Context(), &m); err != nil {
			t.Fatal(err)
		}
		for _, h := range handlers {
			c.seenByPython(t, m.ID, h, jsonText(wild{tag}))
		}
		if got := c.dispatchedByPython(t, m.ID, len(handlers)); got.RoutingKey != topic {
			t.Errorf("routing key %q, want %q", got.RoutingKey, topic)
		}
	}
}

func hashForNoWords(t *testing.T, c *config) {
	goWild("wild")(t, c)
	a := c.driver().must(t, command{"do": "publish", "event": "wild", "fields": map[string]any{"tag": uuid.NewString()}})
	c.dispatchedByPython(t, a.ID, 0)
}

func pythonWild(topic string, handlers ...string) func(*testing.T, *config) {
	slices.Sort(handlers)
	return func(t *testing.T, c *config) {
		tag := uuid.NewString()
		id := c.driver().must(t, command{"do": "publish", "event": topic, "fields": map[string]any{"tag": tag}}).ID
		info := c.seenByGo(t, id, "pywild.#", wild{tag})
		sameFields(t, info, map[string]any{"Topic": topic})
		if diff := cmp.Diff(handlers, c.handlersOf(id)); diff != "" {
			t.Errorf("handlers (-want +got)\n%s", diff)
		}
	}
}

// severalServices: the Python worker and two Go services get one event each.
func severalServices(publish func(t *testing.T, c *config, v note) string) func(*testing.T, *config) {
	return func(t *testing.T, c *config) {
		other := c.openBus(t, &salt.Options{Service: "other-" + uuid.NewString()})
		v := note{uuid.NewString(), 4}
		several.Subscribe(other, func(ctx context.Context, n *note) error {
			if n.Tag == v.Tag { // another cell sends to the topic too
				c.saw(ctx, "other service", *n, n.Tag)
			}
			return nil
		}, salt.AllVersions(), salt.Ephemeral())
		c.startConsuming(t, other)
		id := publish(t, c, v)
		c.seenByPython(t, id, "several.both", v.seen())
		c.seenByGo(t, id, "service", v)
		c.seenByGo(t, id, "other service", v)
		if diff := cmp.Diff([]string{"other service", "service", "several.both"}, c.handlersOf(id)); diff != "" {
			t.Errorf("handlers (-want +got)\n%s", diff)
		}
	}
}
