package main

import (
	"context"
	"crypto/rand"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
)

var registryGuides = []string{"evolving-events.md", "running-the-registry.md"}

func readGuide(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("../../docs", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// TestRegistryGuideLinks: links lead to files, and within pages to headings.
func TestRegistryGuideLinks(t *testing.T) {
	t.Parallel()
	link := regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`)
	anchors := func(text string) string {
		var b strings.Builder
		for _, h := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(text, -1) {
			plain := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(h[1]), "")
			b.WriteString("#" + strings.ReplaceAll(plain, " ", "-") + "\n")
		}
		return b.String()
	}
	for _, name := range registryGuides {
		text := readGuide(t, name)
		for _, m := range link.FindAllStringSubmatch(regexp.MustCompile("(?ms)^```.*?^```$|`[^`\n]*`").ReplaceAllString(text, ""), -1) {
			target := text
			if m[1] != "" {
				if _, err := os.Stat(filepath.Join("../../docs", m[1])); err != nil {
					t.Errorf("%s: the link to %s leads nowhere", name, m[1])
					continue
				}
				if m[2] != "" {
					target = readGuide(t, m[1])
				}
			}
			if m[2] != "" && !strings.Contains(anchors(target), m[2]+"\n") {
				t.Errorf("%s: the link to %s%s leads nowhere", name, m[1], m[2])
			}
		}
	}
}

// TestRegistryGuideFlags: commands that are not run, in workflows and in the
// text, exist and have the flags that they are given.
func TestRegistryGuideFlags(t *testing.T) {
	t.Parallel()
	spans := regexp.MustCompile("(?m)/cmd/salt@latest (.*)$|`salt ([a-z]+ [a-z]+[^`…\n]*)`")
	seen := 0
	for _, name := range registryGuides {
		text := regexp.MustCompile("(?ms)^```console.*?^```$").ReplaceAllString(readGuide(t, name), "")
		for _, m := range spans.FindAllStringSubmatch(text, -1) {
			seen++
			args := append(words(m[1]+m[2]), "--help")
			if code, out, err := (cli{}).run(t, args...); code != exitOK || !strings.Contains(out, "salt "+args[0]+" "+args[1]) {
				t.Errorf("%s: salt %q: exit %d %s", name, args, code, err)
			}
		}
	}
	if seen < 8 {
		t.Errorf("%d commands, so this test would prove little", seen)
	}
}

// TestRegistryGuideRights runs the guide's SQL, and works with the rights it gives.
func TestRegistryGuideRights(t *testing.T) {
	t.Parallel()
	server := os.Getenv("SALT_TEST_POSTGRES_URL")
	if server == "" {
		skip(t, "SALT_TEST_POSTGRES_URL is not set: start servers with make services")
	}
	psql, err := exec.LookPath("psql")
	if err != nil {
		skip(t, "psql is not installed")
	}
	id := strings.ToLower(rand.Text()[:8])
	named := strings.NewReplacer("salt_owner", "owner_"+id, "salt_service", "service_"+id, "role shop", "role shop_"+id, "database salt ", "database salt_"+id+" ")
	at := func(user, database string) string {
		u, err := url.Parse(server)
		if err != nil {
			t.Fatal("SALT_TEST_POSTGRES_URL cannot be parsed")
		}
		if u.Path = "/" + database; user != "" {
			u.User = url.User(user)
		}
		return u.String()
	}
	query := func(ctx context.Context, url, sql string) (string, error) {
		out, err := exec.CommandContext(ctx, psql, "-X", "-q", "-v", "ON_ERROR_STOP=1", "-d", url, "-c", sql).CombinedOutput()
		return string(out), err
	}
	must := func(ctx context.Context, url, sql string) {
		t.Helper()
		for statement := range strings.SplitSeq(sql, ";\n") { // creating a database wants to be alone
			if strings.TrimSpace(statement) == "" {
				continue
			}
			if out, err := query(ctx, url, statement); err != nil {
				t.Errorf("%s: %v\n%s", statement, err, out)
			}
		}
	}
	blocks := regexp.MustCompile("(?ms)^```sql\n(.*?)^```$").FindAllStringSubmatch(readGuide(t, "running-the-registry.md"), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d blocks of SQL, want 2", len(blocks))
	}
	t.Cleanup(func() {
		must(context.Background(), at("", "postgres"), named.Replace("drop database salt with (force);\ndrop role shop;\ndrop role salt_service;\ndrop role salt_owner;\n"))
	})
	must(t.Context(), at("", "postgres"), named.Replace(blocks[0][1]))
	owner, shop := at("owner_"+id, "salt_"+id), at("shop_"+id, "salt_"+id)
	d := newDesk(t)
	d.url, d.env["SALT_REGISTRY"] = shop, owner
	if code, _, err := d.run(t, "schema", "list"); code != exitOK {
		t.Fatalf("the owner cannot make the tables: %s", err)
	}
	must(t.Context(), at("", "salt_"+id), named.Replace(blocks[1][1]))

	d.env["SALT_REGISTRY"] = shop
	for _, args := range []string{
		"register v1.json price.json", "register v2.json full.json", "policy user.created --owner x", "policy --readers strict",
		"deprecate user.created v1 old", "deprecate user.created v1 --lift", "check v1.json", "show user.created v2", "list", "who", "history",
	} {
		words := strings.Fields("schema " + args)
		for i := range words {
			if strings.HasSuffix(words[i], ".json") {
				words[i] = d.file(words[i])
			}
		}
		if code, _, err := d.run(t, words...); code != exitOK {
			t.Errorf("the service may not %s: %s", args, err)
		}
	}
	for range 2 {
		if err := d.store(t).See(t.Context(), &salt.Participant{Topic: "user.created", Role: salt.RolePublisher, Service: "s", Host: "h"}); err != nil {
			t.Error(err)
		}
	}
	for _, tt := range []struct{ url, sql, want string }{
		{shop, "update salt.history set by = 'me'", "permission denied"},
		{shop, "delete from salt.versions", "permission denied"},
		{shop, "create table salt.x ()", "permission denied"},
		{owner, "delete from salt.history", "it only grows"},
		{owner, "update salt.schemas set text = ''", "it only grows"},
	} {
		if out, err := query(t.Context(), tt.url, tt.sql); err == nil || !strings.Contains(out, tt.want) {
			t.Errorf("%s: %v %s", tt.sql, err, out)
		}
	}
}
