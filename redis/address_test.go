package redis

import (
	"crypto/tls"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	type found struct {
		Hosts              []string
		Path               string
		User, Password     string
		DB                 int
		Cluster, TLS, Lax  bool
		Text, Name, Master string
	}
	for raw, want := range map[string]found{
		"redis://":                                       {Hosts: []string{"localhost:6379"}, Text: "redis://localhost:6379/0"},
		"redis://h":                                      {Hosts: []string{"h:6379"}, Text: "redis://h:6379/0"},
		"redis://:p%40s%2Fs@h:1/3":                       {Hosts: []string{"h:1"}, Password: "p@s/s", DB: 3, Text: "redis://h:1/3"},
		"redis://u:p@h:1/?db=2":                          {Hosts: []string{"h:1"}, User: "u", Password: "p", DB: 2, Text: "redis://h:1/2"},
		"redis://h?virtual_host=/4":                      {Hosts: []string{"h:6379"}, DB: 4, Text: "redis://h:6379/4"},
		"redis://h/0?socket_timeout=30":                  {Hosts: []string{"h:6379"}, Text: "redis://h:6379/0"},
		"redis://[::1]:7":                                {Hosts: []string{"[::1]:7"}, Text: "redis://[::1]:7/0"},
		"redis://u:p@a:1,b,[::1]:3":                      {Hosts: []string{"a:1", "b:6379", "[::1]:3"}, User: "u", Password: "p", Cluster: true, Text: "redis://a:1,b:6379,[::1]:3/0"},
		"redis://a:1?cluster=true":                       {Hosts: []string{"a:1"}, Cluster: true, Text: "redis://a:1/0"},
		"rediss://h":                                     {Hosts: []string{"h:6379"}, TLS: true, Text: "rediss://h:6379/0"},
		"rediss://h?ssl_cert_reqs=none":                  {Hosts: []string{"h:6379"}, TLS: true, Lax: true, Text: "rediss://h:6379/0"},
		"rediss://h?ssl_cert_reqs=CERT_NONE":             {Hosts: []string{"h:6379"}, TLS: true, Lax: true, Text: "rediss://h:6379/0"},
		"rediss://h?ssl_cert_reqs=CERT_OPTIONAL":         {Hosts: []string{"h:6379"}, TLS: true, Text: "rediss://h:6379/0"},
		"rediss://h?ssl_cert_reqs=required":              {Hosts: []string{"h:6379"}, TLS: true, Text: "rediss://h:6379/0"},
		"redis+socket:///run/r.sock":                     {Path: "/run/r.sock", Text: "unix:///run/r.sock?db=0"},
		"redis+socket://:p@/run/r.sock?virtual_host=2":   {Path: "/run/r.sock", Password: "p", DB: 2, Text: "unix:///run/r.sock?db=2"},
		"unix:///run/r.sock?db=2":                        {Path: "/run/r.sock", DB: 2, Text: "unix:///run/r.sock?db=2"},
		"sentinel://:p@a:1/2;sentinel://b?master_name=m": {Hosts: []string{"a:1", "b:26379"}, Password: "p", DB: 2, Master: "m", Text: "sentinel://a:1,b:26379/2"},
	} {
		var o Options
		at, err := parseAddress(raw, &o)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		got := found{
			Hosts: at.hosts, Path: at.path, User: at.username, Password: at.password, DB: at.db,
			Cluster: at.cluster, TLS: at.tls != nil, Lax: at.tls != nil && at.tls.InsecureSkipVerify, Text: at.String(), Master: o.MasterName,
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", raw, diff)
		}
		if at.tls != nil && at.tls.MinVersion != tls.VersionTLS12 {
			t.Errorf("%s: TLS from %x", raw, at.tls.MinVersion)
		}
	}
}

func TestParseAddressRefuses(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"":                          "cannot be parsed",
		"localhost:6379":            "cannot be parsed",
		"amqp://:hunter2@h":         "cannot be parsed",
		"redis://:hunter2@h:port":   "cannot be parsed",
		"redis://:hunter2@h:70000":  "cannot be parsed",
		"redis://:hun%ter2@h":       "cannot be parsed",
		"redis://:?hunter2@h":       "cannot be parsed",
		"redis://:#hunter2@h":       "cannot be parsed",
		"redis://:/hunter2@h":       "not a number",
		"redis://:p/hunter2@h":      "cannot be parsed",
		"redis://h:1,:hunter2@b":    "",
		"redis://h/hunter2":         "not a number",
		"redis://h/-1":              "not a number",
		"redis://h?hunters=1":       `"hunters"`,
		"redis://h?ssl_cert_reqs=x": "rediss://",
		"rediss://:hunter2@h?ssl_cert_reqs=sometimes": "ssl_cert_reqs",
		"rediss://:hunter2@h?ssl_keyfail=sometimes":   `"ssl_keyfail"`,
		"rediss://h?ssl_ca_certs=/does/not/exist":     "/does/not/exist",
		"rediss://h?ssl_certfile=/does/not/exist":     "ssl_certfile",
		"redis://a,b/1":                                "database 0",
		"redis+socket://:hunter2@run/r.sock":           "cannot be parsed",
		"sentinel://:hunter2@h":                        "MasterName",
		"sentinel://:hunter2@h;redis://h?master_name=": "cannot be parsed",
		"sentinel://h?cluster=1&master_name=m":         "cluster",
		"redis://:hunter2@h;redis://b":                 "cannot be parsed",
	} {
		_, err := parseAddress(raw, new(Options))
		switch {
		case err == nil && want == "":
		case err == nil:
			t.Errorf("%s was taken", raw)
		case !strings.Contains(err.Error(), want), strings.Contains(err.Error(), "hunter2"):
			t.Errorf("%s: %v; want it to mention %q and no password", raw, err, want)
		}
	}
	empty := filepath.Join(t.TempDir(), "none.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := parseAddress("rediss://h?ssl_ca_certs="+empty, new(Options)); err == nil {
		t.Error("a file without authorities was taken")
	}
}

// TestNoPasswordIsPrinted prints everything that has the URL in it.
func TestNoPasswordIsPrinted(t *testing.T) {
	t.Parallel()
	at, err := parseAddress("redis://user:hunter2@127.0.0.1:1", new(Options))
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open("redis://user:hunter2@127.0.0.1:1", nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := r.Close(t.Context()); err != nil {
			t.Errorf("Close: %v", err)
		}
	}()
	for _, v := range []any{at, r} {
		for _, format := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
			if text := fmt.Sprintf(format, v); strings.Contains(text, "hunter2") || !strings.Contains(text, "127.0.0.1:1") {
				t.Errorf("%s prints %s", format, text)
			}
		}
	}
}

// FuzzParseAddress: whatever is wrong with a URL, its password is not told.
func FuzzParseAddress(f *testing.F) {
	for _, seed := range []string{"redis://:%s@h:1/0", "redis://%s", "rediss://u:%s@h,b?ssl_cert_reqs=none", "redis://%s@h?x=1", "redis+socket://:%s@/p", "sentinel://:%s@a;sentinel://b", "redis://:a/%s@h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, form string) {
		const secret = "hUnTeR2"
		before, _, ok := strings.Cut(form, "%s@")
		if !ok || strings.Count(form, "%s") != 1 || !strings.Contains(before, "://") {
			return
		}
		at, err := parseAddress(strings.Replace(form, "%s", secret, 1), &Options{MasterName: "m"})
		if err != nil && strings.Contains(err.Error(), secret) {
			t.Errorf("%q: the error tells the password: %v", form, err)
		}
		if err == nil && at.password == secret && strings.Contains(at.String(), secret) {
			t.Errorf("%q: the address tells the password: %v", form, at)
		}
	})
}
