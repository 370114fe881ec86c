package main

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
)

const (
	userV1 = `{"topic":"user.created","version":"v1","type":"events.User","source":"events/user.go:12",
	"schema":{"type":"object","properties":{"id":{"type":"integer"},"email":{"type":"string"}},"required":["id","email"]}}`
	userV2 = `{"topic":"user.created","version":"v2",
	"schema":{"type":"object","properties":{"id":{"type":"integer"},"email":{"type":"string"},"plan":{"type":"string"}},"required":["id","email"]}}`
	userV3 = `[
 {"topic":"order.made","schema":{"type":"object"}},
 {"topic":"user.created","version":"v3",
	"schema":{"type":"object","properties":{"id":{"type":"integer"}},"required":["id"]}}]`
	userV1Other = `{"topic":"user.created","version":"v1",
	"schema":{"type":"object","properties":{"id":{"type":"string"},"email":{"type":"string"}},"required":["id","email"]}}`
	priceV1     = `{"topic":"price.get","version":"v1","mode":"rpc","schema":{"type":"object","properties":{"sku":{"type":"string"}},"required":["sku"]}}`
	priceV1Full = `{"topic":"price.get","version":"v1","mode":"rpc","schema":{"type":"object","properties":{"sku":{"type":"string"}},"required":["sku"]},
	"response":{"type":"integer"}}`
)

// desk is a command line with a registry in a directory and files to register.
type desk struct {
	cli

	dir string
	url string
}

func newDesk(t *testing.T) *desk {
	t.Helper()
	dir := t.TempDir()
	d := &desk{dir: dir, url: "file:" + filepath.Join(dir, "registry")}
	d.env = map[string]string{"SALT_REGISTRY": d.url, "SALT_ACTOR": "tester"}
	for name, text := range map[string]string{
		"v1.json": userV1, "v2.json": userV2, "v3.json": userV3, "other.json": userV1Other, "price.json": priceV1, "full.json": priceV1Full,
	} {
		if err := os.WriteFile(d.file(name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return d
}

func (d *desk) file(name string) string { return filepath.Join(d.dir, name) }

// store opens the registry behind the command's back.
func (d *desk) store(t *testing.T) salt.RegistryStore {
	t.Helper()
	store, err := salt.OpenRegistry(t.Context(), d.url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := store.Close(); err != nil {
			t.Error(err)
		}
	})
	return store
}

var (
	timeText = regexp.MustCompile(`\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+Z)?`)
)

// plain makes an output the same on every machine and day.
func (d *desk) plain(out string) string {
	return timeText.ReplaceAllString(strings.ReplaceAll(out, d.dir+string(filepath.Separator), ""), "2026-01-02 03:04:05")
}

func TestSchemaRegistry(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	if err := os.MkdirAll(d.file("registry/topics"), 0o700); err != nil { // a registry, still empty
		t.Fatal(err)
	}
	for _, tt := range []struct {
		args string // words; a file's name stands for its path
		code int
		want string
	}{
		{"schema list", 0, "no topics\n"},
		{"schema list nobody.", 0, "no topics that begin with nobody.\n"},
		{"schema who", 0, "nobody was seen\n"},
		{"schema history", 0, "no changes\n"},
		{"schema register v1.json price.json --dry-run", 0, "new  price.get v1  price.json:1\nnew  user.created v1  v1.json:1\n"},
		{"schema list", 0, "no topics\n"},
		{"schema register v1.json price.json", 0, "registered  price.get v1  price.json:1\nregistered  user.created v1  v1.json:1\n"},
		{"schema check full.json v1.json v2.json", 0, "completes  price.get v1  full.json:1\nunchanged  user.created v1  v1.json:1\nnew        user.created v2  v2.json:1\n"},
		{"schema register full.json v1.json v2.json", 0, "completed   price.get v1  full.json:1\nunchanged   user.created v1  v1.json:1\nregistered  user.created v2  v2.json:1\n"},
		{"schema check v3.json", 3, "new      order.made v1  v3.json:2\nREFUSED  user.created v3  v3.json:3\n  FORWARD_TRANSITIVE: readers of v2 can refuse the payload that v3 writes\n    /email: required: "},
		{"schema register v3.json", 3, "not registered  order.made v1  v3.json:2\nREFUSED         user.created v3  v3.json:3\n"},
		{"schema check other.json", 3, "REFUSED  user.created v1  other.json:1\n  another payload is registered as v1, by events.User at events/user.go:12\n    /properties/id/type: \"integer\" != \"string\"\n    fix: a registered version never changes"},
		{"schema list", 0, "TOPIC         KIND   VERSIONS  COMPATIBILITY       OWNER\nprice.get     rpc    v1        FORWARD_TRANSITIVE  -\nuser.created  event  v1 v2     FORWARD_TRANSITIVE  -\n"},
		{"schema list user. --json", 0, `{"topic":"user.created","mode":"event","versions":["v1","v2"],"latest":"v2","owner":"","compatibility":"FORWARD_TRANSITIVE","deprecated":[]}` + "\n"},
		{"schema policy user.created", 0, "compatibility  FORWARD_TRANSITIVE  default\nreaders        lenient             default\nowner          -\n"},
		{"schema policy user.created --compatibility full --owner accounts", 0, "compatibility  FULL      set for the topic\nreaders        lenient   default\nowner          accounts  set for the topic\n"},
		{"schema policy user.created --owner= ", 0, "compatibility  FULL     set for the topic\nreaders        lenient  default\nowner          -\n"},
		{"schema policy --readers strict", 0, "compatibility  FORWARD_TRANSITIVE  default\nreaders        strict              set for the registry\nowner          -\n"},
		{"schema policy user.created --json", 0, `{"topic":"user.created","set":{"compatibility":"FULL"},"effective":{"compatibility":"FULL","readers":"strict"}}` + "\n"},
		{"schema policy --readers=", 0, "compatibility  FORWARD_TRANSITIVE  default\nreaders        lenient             default\nowner          -\n"},
		{"schema diff user.created v1 v2", 0, "payload\n  /properties/plan: absent -> {\"type\":\"string\"}\n  v2 readers accept what v1 writes: yes\n  v1 readers accept what v2 writes: yes\nv2 may follow v1 under NONE, BACKWARD, FORWARD, FULL\n"},
		{"schema diff user.created 1 latest --readers strict", 0, "payload\n  /properties/plan: absent -> {\"type\":\"string\"}\n  v2 readers accept what v1 writes: no\n    /plan: "},
		{"schema diff user.created v1 v2 --json", 0, `{"topic":"user.created","from":"v1","to":"v2","readers":"lenient","parts":[{"part":"payload","differences":[{"path":"/properties/plan","have":"absent","want":"{\"type\":\"string\"}"}],"directions":[{"writer":"v1","reader":"v2","breaks":[]},{"writer":"v2","reader":"v1","breaks":[]}]}],"allowed":["NONE","BACKWARD","FORWARD","FULL"]}` + "\n"},
		{"schema deprecate user.created 1 gone-soon", 0, "user.created v1 is deprecated: gone-soon\n"},
		{"schema list user", 0, "TOPIC         KIND   VERSIONS  COMPATIBILITY  OWNER\nuser.created  event  (v1) v2   FULL           -\n"},
		{"schema deprecate user.created v1 --lift", 0, "user.created v1 is not deprecated any more\n"},
		{"schema show price.get --part response", 0, "{\n  \"type\": \"integer\"\n}\n"},
		{"schema show price.get --part response --json", 0, "{\"type\":\"integer\"}\n"},
		{"schema show user.created v1", 0, "topic       user.created\nversion     v1 (number 1)\nkind        event\nexchange    tchu_events\ndefined by  events.User at events/user.go:12\nregistered  2026-01-02 03:04:05 by tester\nrules       FULL, lenient readers\n\npayload (schema "},
		{"schema history user.created --last 2", 0, "WHEN                 WHO     WHAT        TOPIC         VERSION  DETAIL\n2026-01-02 03:04:05  tester  deprecated  user.created  v1       gone-soon\n2026-01-02 03:04:05  tester  restored    user.created  v1\n"},
		{"gen go --registry URL user.created@v1 price.*", 0, "// Code generated by salt gen"},
		{"gen python user.created", 0, "# Generated by salt gen"},
	} {
		args := strings.Fields(tt.args)
		for i := range args {
			if strings.HasSuffix(args[i], ".json") {
				args[i] = d.file(args[i])
			}
			args[i] = strings.Replace(args[i], "URL", d.url, 1)
		}
		code, out, err := d.run(t, args...)
		if out = d.plain(out); code != tt.code || !strings.HasPrefix(out, tt.want) || strings.HasSuffix(tt.want, "\n") && code == 0 && out != tt.want {
			t.Errorf("salt %s: exit %d, want %d\n%s\n%s", tt.args, code, tt.code, err, cmp.Diff(tt.want, out))
		}
	}
}

// TestSchemaCheckOutput: a refusal tells who suffers, and GitHub where it is.
func TestSchemaCheckOutput(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.must(t, "schema", "register", d.file("v2.json"))
	d.must(t, "schema", "policy", "user.created", "--owner", "accounts, 100%")
	store := d.store(t)
	if err := store.See(t.Context(),
		&salt.Participant{Topic: "user.created", Version: "v2", Role: salt.RoleSubscriber, Service: "mailer", Host: "h1", Handler: "welcome"},
		&salt.Participant{Topic: "user.created", Version: "v2", Role: salt.RolePublisher, Service: "web", Host: "h2"},
		&salt.Participant{Topic: "user.#", Role: salt.RoleSubscriber, Service: "audit", Host: "h\x1b[31m"},
	); err != nil {
		t.Fatal(err)
	}
	code, out, err := d.run(t, "schema", "check", d.file("v3.json"), "--github")
	if code != exitRefuse || err != "salt: 2 definitions: 1 refused, 1 new\n" {
		t.Errorf("exit %d, %s", code, err)
	}
	for _, want := range []string{
		"\n    hits: subscriber welcome (v2) of mailer on h1, seen just now", "\n    way out: mend v3, since what is registered never changes; ", "\n    owner: accounts, 100%\n",
		"v3.json,line=3,title=refused%3A user.created v3::FORWARD_TRANSITIVE: readers of v2", "accounts, 100%25\n",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	if strings.Contains(out, "web") || strings.Count(out, "\n::error file=") != 1 {
		t.Errorf("writers do not suffer, and one annotation is enough:\n%s", out)
	}
	code, out, _ = d.run(t, "schema", "check", d.file("v3.json"), "--json")
	if code != exitRefuse || strings.Count(out, "\n") != 2 || !strings.Contains(out, `v3.json","line":3}`+"\n") || !strings.Contains(out, `"action":"refuse"`) || !strings.Contains(out, `"hit":[{"topic":"user.created"`) {
		t.Errorf("exit %d\n%s", code, out)
	}
	for _, tt := range [][2]string{
		{"user.created", "TOPIC         VERSION  ROLE        SERVICE  HOST         HANDLER  LAST SEEN\nuser.#        all      subscriber  audit    h\\u001b[31m  -        just now\nuser.created  v2       publisher   web      h2           -        just now\nuser.created  v2       subscriber  mailer   h1           welcome  just now\n"},
		{"user.*", "audit"}, {"order.#", "nobody was seen\n"},
	} {
		if out := d.must(t, "schema", "who", tt[0]); !strings.Contains(out, tt[1]) {
			t.Errorf("who %s:\n%s", tt[0], cmp.Diff(tt[1], out))
		}
	}
	if out := d.must(t, "schema", "who", "--stale", "1ns", "--json"); strings.Count(out, `"stale":true`) != 3 {
		t.Errorf("who --stale:\n%s", out)
	}
	if out := d.must(t, "schema", "who", "--stale", "1ns"); strings.Count(out, "just now, stale\n") != 3 {
		t.Errorf("who --stale:\n%s", out)
	}
}

func TestSchemaRegistryMisuse(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	d.must(t, "schema", "register", d.file("v1.json"))
	for _, tt := range []struct {
		code int
		args []string
		want string
	}{
		{2, []string{"schema", "show"}, "needs TOPIC"},
		{1, []string{"schema", "show", "nobody"}, `topic "nobody" is not in the registry; salt schema list shows what is`},
		{1, []string{"schema", "show", "user.created", "v9"}, `topic "user.created" has no version v9; it has v1`},
		{2, []string{"schema", "show", "user.created", "newest"}, `version "newest" is not of the form v1`},
		{2, []string{"schema", "show", "user.created", "--part", "body"}, "none of payload, response, error"},
		{1, []string{"schema", "show", "user.created", "--part", "error"}, "user.created v1 has no error schema"},
		{2, []string{"schema", "deprecate", "user.created", "v1"}, "the NOTE is missing"},
		{2, []string{"schema", "deprecate", "user.created", "v1", "x", "--lift"}, "--lift takes no NOTE"},
		{1, []string{"schema", "deprecate", "user.created", "v2", "x"}, "has no version v2"},
		{2, []string{"schema", "policy", "--compatibility", "some"}, `compatibility "SOME" is none of NONE`},
		{2, []string{"schema", "policy", "a.#", "--owner", "x"}, "wildcard"},
		{2, []string{"schema", "diff", "user.created", "v1"}, "needs TOPIC and two versions"},
		{2, []string{"schema", "diff", "user.created", "v1", "v1", "--readers", "kind"}, "neither lenient nor strict"},
		{2, []string{"schema", "check"}, "nothing to look at"},
		{2, []string{"schema", "check", "absent.json"}, "no such file"},
		{2, []string{"schema", "check", d.file("v1.json"), d.file("other.json")}, "two different schemas"},
		{2, []string{"schema", "check", d.file("v1.json"), "--github", "--json"}, "choose one"},
		{2, []string{"schema", "history", "--last", "-1"}, "--last -1"},
		{2, []string{"schema", "who", "--stale", "0s"}, "--stale"},
		{2, []string{"schema", "list", "--registry", "schemas"}, "has no scheme"},
		{1, []string{"schema", "list", "--registry", "ftp://me:" + canary + "@host"}, `no imported package knows the scheme "ftp"`},
		{2, []string{"gen", "go", "user.created", "--schemas", "x"}, "not from both"},
		{2, []string{"gen", "go", "--registry", d.url, "--version", "v1"}, "write TOPIC@VERSION"},
		{2, []string{"gen", "go", "us*"}, "a word of its own"},
		{1, []string{"gen", "go", "order.#"}, `no topic in the registry matches "order.#"`},
		{1, []string{"gen", "go", "order.made"}, `topic "order.made" is not in the registry`},
	} {
		code, out, err := d.run(t, tt.args...)
		if code != tt.code || out != "" || !strings.Contains(err, tt.want) || strings.Contains(err, "Canary") {
			t.Errorf("salt %q: exit %d\n%s%s\nwant exit %d and %q", tt.args, code, out, err, tt.code, tt.want)
		}
	}
	for _, args := range []string{"list", "show t", "history", "diff t v1 v2", "who", "deprecate t v1 x", "policy", "register x", "check x"} {
		code, out, err := cli{}.run(t, append([]string{"schema"}, strings.Fields(args)...)...)
		if code != exitMisuse || out != "" || !strings.Contains(err, "no registry: give --registry URL or set SALT_REGISTRY") {
			t.Errorf("salt schema %s: exit %d\n%s%s", args, code, out, err)
		}
	}
}
