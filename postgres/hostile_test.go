package postgres_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/postgres"
	"github.com/celerysalt/salt/schema"
)

// hostile texts are legal and have to come back as they were.
var hostile = []string{
	`'; drop schema salt cascade; --`, `"; drop table versions; --`, `$1`, `$$`, `{salt}`, `\`, `\'`, `%s%d%n`, "E'\\x00'",
	`{"a":1}`, `{1,2}`, `NULL`, `null`, "日本語", "e\u0301", "\U0001F9C2", "\u202e", "line\nbreak\ttab\r", "\x01\x7f", strings.Repeat("x", 10_000), " ", "''",
}

// TestHostileTexts puts SQL and what else has meaning somewhere into every text
// that there is.
func TestHostileTexts(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	r := open(t, url, nil)
	for i, text := range hostile {
		ctx := salt.WithActor(patience(t), text)
		topic := fmt.Sprintf("hostile.%d", i)
		if salt.CheckTopic(topic+text) == nil {
			topic += text
		}
		s := &salt.Spec{
			Topic: topic, Version: "v1", Mode: salt.ModeEvent, Doc: text, Exchange: text, Package: text, Type: text, Source: text,
			Schema: schema.MustParse(fmt.Sprintf(`{"type":"object","title":%s,"properties":{%s:{"type":"string"}}}`, quote(t, text), quote(t, text))),
		}
		if err := r.Register(ctx, s, s); err != nil {
			t.Errorf("Register with %.40q: %v", text, err)
			continue
		}
		got, err := r.Lookup(ctx, topic, "v1")
		if err != nil {
			t.Errorf("Lookup with %.40q: %v", text, err)
			continue
		}
		if diff := cmp.Diff(s, got, cmp.Comparer(func(a, b *schema.Schema) bool { return a == b || a != nil && b != nil && a.String() == b.String() })); diff != "" {
			t.Errorf("with %.40q (-registered +stored):\n%s", text, diff)
		}
		p := &salt.Participant{Topic: topic, Version: text, Role: salt.Role(text), Service: text, Host: "h", Handler: "f", Type: text, Source: text, Language: text}
		if len(text) > 300 {
			p.Version, p.Role, p.Service = "v1", salt.RoleCaller, "s"
		}
		if err := errors.Join(r.See(ctx, p), r.Deprecate(ctx, topic, "v1", text), r.SetPolicy(ctx, topic, salt.Policy{Owner: text})); err != nil {
			t.Errorf("with %.40q: %v", text, err)
		}
		for seen, err := range r.Participants(ctx, topic) {
			if err != nil || seen.Service != p.Service || seen.Type != text || seen.Version != p.Version || seen.Source != text {
				t.Errorf("participant %+v (%v), want %+v", seen, err, p)
			}
		}
		var said []string
		for c, err := range r.History(ctx, topic) {
			if err != nil || c.By != text || c.Topic != topic {
				t.Errorf("change %+v (%v), want it by %.40q", c, err, text)
			}
			said = append(said, c.Kind)
		}
		if diff := cmp.Diff([]string{salt.ChangeRegistered, salt.ChangeDeprecated, salt.ChangePolicy}, said); diff != "" {
			t.Errorf("history with %.40q:\n%s", text, diff)
		}
		if policy, err := r.Policy(ctx, topic); err != nil || policy.Owner != text {
			t.Errorf("policy %+v (%v)", policy, err)
		}
	}
	for _, text := range append(hostile, "\x00", "\xff") {
		if text == strings.Repeat("x", 10_000) {
			continue
		}
		ctx := patience(t)
		if _, err := r.Lookup(ctx, text, text); !errors.Is(err, salt.ErrNotFound) {
			t.Errorf("Lookup of %q: %v", text, err)
		}
		if p, err := r.Policy(ctx, text); err != nil || p != (salt.Policy{}) {
			t.Errorf("policy of %q: %v, %v", text, p, err)
		}
		if err := errors.Join(drain(r.Records(ctx, text)), drain(r.History(ctx, text)), drain(r.Participants(ctx, text))); err != nil {
			t.Errorf("lists of %q: %v", text, err)
		}
		if err := r.Deprecate(ctx, text, text, "x"); !errors.Is(err, salt.ErrNotFound) {
			t.Errorf("Deprecate of %q: %v", text, err)
		}
	}
}

func quote(t *testing.T, text string) string {
	t.Helper()
	var b strings.Builder
	b.WriteByte('"')
	for _, c := range text {
		if c < 0x20 || c == '"' || c == '\\' || c == 0x7f {
			fmt.Fprintf(&b, `\u%04x`, c)
		} else {
			b.WriteRune(c)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// TestRefusedTexts: what PostgreSQL cannot hold is named, and nothing is stored.
func TestRefusedTexts(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	r := open(t, url, nil)
	ctx := patience(t)
	bad := func(change func(*salt.Spec)) *salt.Spec {
		s := event("a", "v1", "string")
		change(s)
		return s
	}
	register := func(change func(*salt.Spec)) error { return r.Register(ctx, event("b", "v1", "string"), bad(change)) }
	for name, tt := range map[string]struct {
		err  error
		want string
	}{
		"doc":         {register(func(s *salt.Spec) { s.Doc = "a\x00b" }), `the doc has a NUL character`},
		"source":      {register(func(s *salt.Spec) { s.Source = "\xff" }), `the source is not UTF-8`},
		"topic":       {register(func(s *salt.Spec) { s.Topic = "a\x00b" }), `contains '\x00'`},
		"version":     {register(func(s *salt.Spec) { s.Version = "v1\x00" }), `version "v1\x00"`},
		"actor":       {r.Register(salt.WithActor(ctx, "\x00"), event("b", "v1", "string")), `the actor has a NUL`},
		"owner":       {r.SetPolicy(ctx, "", salt.Policy{Owner: "\x00"}), `the owner has a NUL`},
		"policy":      {r.SetPolicy(ctx, "a b", salt.Policy{}), `topic "a b"`},
		"note":        {r.Deprecate(ctx, "a", "v1", "\x00"), `the note has a NUL`},
		"participant": {r.See(ctx, &salt.Participant{Topic: "a", Service: "s", Host: "h\x00"}), `the host has a NUL`},
		"long names":  {r.See(ctx, &salt.Participant{Topic: "a", Service: "s", Handler: strings.Repeat("x", 3000)}), `3002 bytes together`},
	} {
		if tt.err == nil || !strings.Contains(tt.err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q in it", name, tt.err, tt.want)
		}
		if salt.Retryable(tt.err) {
			t.Errorf("%s: %v seems retryable", name, tt.err)
		}
	}
	if err := errors.Join(drain(r.Specs(ctx)), drain(r.History(ctx, ""))); err != nil {
		t.Error(err)
	}
	for s := range r.Specs(ctx) {
		t.Errorf("stored: %s %s", s.Topic, s.Version)
	}
}

// TestLargest stores the largest schema that there can be, as payload, response
// and error; a larger one does not get past schema.Parse.
func TestLargest(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	r := open(t, url, nil)
	large := func(bytes int, fill string) string {
		head, tail := `{"type":"object","description":"`, `"}`
		return head + strings.Repeat(fill, bytes-len(head)-len(tail)) + tail
	}
	if _, err := schema.Parse([]byte(large(300<<10, "x"))); err == nil {
		t.Error("schema.Parse takes 300 KiB")
	}
	s := event("large", "v1", "string")
	s.Mode, s.Schema = salt.ModeRPC, schema.MustParse(large(256<<10, "a"))
	s.Response, s.Error = schema.MustParse(large(256<<10, "b")), schema.MustParse(large(256<<10, "c"))
	if err := r.Register(patience(t), s); err != nil {
		t.Fatal(err)
	}
	got, err := r.Lookup(patience(t), "large", salt.LatestVersion)
	if err != nil {
		t.Fatal(err)
	}
	if got.Schema.String() != s.Schema.String() || got.Response.String() != s.Response.String() || got.Error.String() != s.Error.String() {
		t.Error("a large schema came back otherwise")
	}
}

// TestSchemaNames: what is no plain name is refused before it gets near SQL.
func TestSchemaNames(t *testing.T) {
	t.Parallel()
	for _, name := range []string{`a"b`, "a b", "A", "1a", "a;b", "ä", strings.Repeat("a", 64)} {
		o := quiet()
		o.Schema = name
		if r, err := postgres.Open(t.Context(), "postgres://127.0.0.1:1/x", o); err == nil || !strings.Contains(err.Error(), "lower-case name") {
			t.Errorf("%q: %v", name, err)
			r.Close()
		}
	}
}
