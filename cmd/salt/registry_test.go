package main

import (
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/pem"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-json-experiment/json"

	"github.com/celerysalt/salt/registry/server"
)

func makeToken(t *testing.T, args ...string) newToken {
	t.Helper()
	var made newToken
	if err := json.Unmarshal([]byte(cli{}.must(t, append([]string{"registry", "token", "--json"}, args...)...)), &made); err != nil {
		t.Fatal(err)
	}
	return made
}

func TestRegistryToken(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "tokens.json")
	one, two := makeToken(t, "ci", "--write", "--append", file), makeToken(t, "shop", "--prefix", "order.", "--prefix", "payment.", "--append", file)
	sum := sha256.Sum256([]byte(one.Token))
	if one.Line.SHA256 != hex.EncodeToString(sum[:]) || one.Token == two.Token || len(one.Token) < 40 {
		t.Errorf("%+v\n%+v", one, two)
	}
	if _, err := server.LoadTokens(file); err != nil {
		t.Error(err)
	}
	text, err := os.ReadFile(file)
	info, errStat := os.Stat(file)
	if err != nil || errStat != nil || info.Mode().Perm() != 0o600 || strings.Contains(string(text), one.Token) {
		t.Errorf("%v %v, mode %v\n%s", err, errStat, info.Mode(), text)
	}
	out := cli{}.must(t, "registry", "token", "ci")
	lines := strings.Split(out, "\n")
	if len(lines) != 3 || !strings.HasPrefix(lines[0], "token  salt_") || !strings.HasPrefix(lines[1], `line   {"name":"ci","sha256":"`) {
		t.Errorf("%s", out)
	}
	if _, err := server.ParseTokens([]byte(strings.TrimPrefix(lines[1], "line"))); err != nil {
		t.Error(err)
	}
	for _, args := range [][]string{{}, {""}, {"a/b"}, {"a\nb"}, {"x", "--prefix", ""}, {"x", "--append", t.TempDir()}} {
		if code, out, err := (cli{}).run(t, append([]string{"registry", "token"}, args...)...); code != exitMisuse || out != "" {
			t.Errorf("token %q: exit %d\n%s%s", args, code, out, err)
		}
	}
}

var servingOn = regexp.MustCompile(` on (https?)://(\S+)\n`)

// serving starts a server and returns its address.
func serving(t *testing.T, c cli, args ...string) (r *running, scheme, address string) {
	t.Helper()
	r = c.start(t.Context(), append([]string{"registry", "serve", "--listen", "127.0.0.1:0"}, args...)...)
	r.err.wait(t, " on http", 1)
	on := servingOn.FindStringSubmatch(r.err.String())
	if on == nil {
		t.Fatalf("no address:\n%s", r.err)
	}
	return r, on[1], on[2]
}

func TestRegistryServe(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	tokens := d.file("tokens.jsonl")
	write, read := makeToken(t, "writer", "--write", "--append", tokens).Token, makeToken(t, "reader", "--append", tokens).Token
	r, _, address := serving(t, d.cli, "--tokens", tokens, "--verbose")
	as := func(token string) cli {
		return cli{env: map[string]string{"SALT_REGISTRY": "http://any:" + token + "@" + address, "SALT_ACTOR": "tester"}}
	}
	for _, tt := range []struct {
		token string
		args  []string
		code  int
		want  string
	}{
		{write, []string{"schema", "register", d.file("v2.json")}, 0, "registered  user.created v2"},
		{read, []string{"schema", "check", d.file("v3.json")}, 3, "REFUSED  user.created v3"},
		{read, []string{"schema", "register", d.file("price.json")}, 1, `the token "reader" may not change anything`},
		{write, []string{"schema", "register", d.file("v3.json")}, 3, "not registered  order.made v1"},
		{"salt_wrong", []string{"schema", "list"}, 1, "the token is unknown"},
		{read, []string{"schema", "list"}, 0, "user.created  event  v2        FORWARD_TRANSITIVE  -\n"},
		{read, []string{"schema", "history"}, 0, "writer/tester  registered  user.created  v2\n"},
		{read, []string{"gen", "python", "user.created"}, 0, "class UserCreated"},
	} {
		code, out, err := as(tt.token).run(t, tt.args...)
		if code != tt.code || !strings.Contains(out+err, tt.want) || strings.Contains(out+err, tt.token) {
			t.Errorf("salt %q: exit %d, want %d and %q\n%s%s", tt.args, code, tt.code, tt.want, out, err)
		}
	}
	r.stop()
	code, out, err := r.done(t)
	if strings.Contains(err, "no tokens") {
		t.Errorf("there are tokens:\n%s", err)
	}
	if code != exitOK || out != "" || strings.Contains(err, write) || strings.Contains(err, read) || !strings.Contains(err, "path=/v1/records") {
		t.Errorf("exit %d\n%s\n%s", code, out, err)
	}
}

func TestRegistryServeTLS(t *testing.T) {
	t.Parallel()
	pattern := httptest.NewTLSServer(http.NotFoundHandler()) // for its certificate
	pair, client := pattern.TLS.Certificates[0], pattern.Client()
	pattern.Close()
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	cert, keyFile := filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, keyFile: {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	r, scheme, address := serving(t, cli{}, "--store", "memory:", "--tls-cert", cert, "--tls-key", keyFile)
	resp, err := client.Get(scheme + "://" + address + "/v1/health")
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(resp.Body)
	resp.Body.Close()
	client.CloseIdleConnections()
	if err != nil || scheme != "https" || string(body) != `{"status":"ok"}`+"\n" && string(body) != `{"status":"ok"}` {
		t.Errorf("%s: %v %q", scheme, err, body)
	}
	r.stop()
	if code, _, err := r.done(t); code != exitOK {
		t.Errorf("exit %d\n%s", code, err)
	}
}

func TestRegistryServeMisuse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	empty := filepath.Join(dir, "bad.json")
	if err := os.WriteFile(empty, []byte(`{"name":"x","sha256":"12"}`), 0o600); err != nil {
		t.Fatal(err)
	}
	taken, _, address := serving(t, cli{}, "--store", "memory:")
	taken.err.wait(t, "salt: no tokens: whoever reaches the address may read and write everything\n", 1)
	for _, tt := range []struct {
		code int
		args []string
		want string
	}{
		{2, nil, "no registry: give --store URL"},
		{2, []string{"--store", "memory:", "--listen", "8081"}, "is no address such as"},
		{2, []string{"--store", "memory:", "--listen", ":8081"}, "can be reached from elsewhere: give --tokens FILE"},
		{2, []string{"--store", "memory:", "--listen", "0.0.0.0:8081"}, "can be reached from elsewhere"},
		{2, []string{"--store", "memory:", "--listen", "example.com:8081"}, "can be reached from elsewhere"},
		{2, []string{"--store", "memory:", "--tokens", filepath.Join(dir, "absent")}, "no such file"},
		{2, []string{"--store", "memory:", "--tokens", empty}, "sha256 is not 64 hex digits"},
		{2, []string{"--store", "memory:", "--tokens", empty, "--insecure"}, "makes no sense"},
		{2, []string{"--store", "memory:", "--tokens", ""}, "--tokens names no file; leave it out to let everybody in"},
		{2, []string{"--store", "memory:", "--tokens=", "--listen", ":0", "--insecure"}, "--tokens names no file"},
		{2, []string{"--store", "memory:", "--tls-cert", empty}, "belong together"},
		{2, []string{"--store", "memory:", "--tls-cert", empty, "--tls-key", empty}, "read --tls-cert and --tls-key"},
		{2, []string{"--store", "memory:", "--max-body", "0"}, "is not positive"},
		{1, []string{"--store", "memory:", "--listen", address}, "address already in use; choose another --listen"},
		{1, []string{"--store", "nosuch:x"}, "no imported package knows the scheme"},
	} {
		code, out, err := cli{}.run(t, append([]string{"registry", "serve"}, tt.args...)...)
		if code != tt.code || out != "" || !strings.Contains(err, tt.want) {
			t.Errorf("serve %q: exit %d\n%s%s\nwant exit %d and %q", tt.args, code, out, err, tt.code, tt.want)
		}
	}
	taken.stop()
	if code, _, err := taken.done(t); code != exitOK {
		t.Errorf("exit %d\n%s", code, err)
	}
}

// TestRegistryServeHost: without tokens a name that others can make up is refused,
// unless --insecure says that something else guards the server.
func TestRegistryServeHost(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		args []string
		want int
	}{
		{nil, http.StatusForbidden},
		{[]string{"--insecure"}, http.StatusOK},
	} {
		r, scheme, address := serving(t, cli{}, append([]string{"--store", "memory:"}, tt.args...)...)
		req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, scheme+"://"+address+"/v1/records", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Host, req.Close = "rebind.example", true
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		if resp.StatusCode != tt.want {
			t.Errorf("serve %q: %s, want %d", tt.args, resp.Status, tt.want)
		}
		r.stop()
		if code, _, err := r.done(t); code != exitOK {
			t.Errorf("exit %d\n%s", code, err)
		}
	}
}

// TestRegistryInterrupt: Ctrl-C ends a command whose registry does not answer.
func TestRegistryInterrupt(t *testing.T) {
	t.Parallel()
	asked, release := make(chan struct{}, 100), make(chan struct{})
	silent := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked <- struct{}{}; <-release }))
	defer silent.Close()
	defer close(release)
	r := cli{}.start(t.Context(), "schema", "list", "--registry", silent.URL)
	<-asked
	r.stop()
	code, out, err := r.done(t)
	if code != exitFailed || out != "" || !strings.Contains(err, "it was interrupted") || strings.Count(err, "\n") != 1 {
		t.Errorf("exit %d\n%s%s", code, out, err)
	}
}

// Whatever fails, the registry's password stays inside.
func TestRegistryPasswordIsNeverPrinted(t *testing.T) {
	t.Parallel()
	lines := [][]string{
		{"schema", "list"}, {"schema", "show", "t"}, {"schema", "policy", "--owner", "x"}, {"schema", "who", "--json"}, {"gen", "go", "a.b"}, {"gen", "go", "#"},
	}
	for _, url := range []string{
		"postgres://me:" + canary + "@127.0.0.1:1/db", "postgres://me:Canary-7f%2F3%22x@127.0.0.1:1/db", "postgres://127.0.0.1:1/db?user=me&password=Canary-7f",
		"http://me:" + canary + "@127.0.0.1:1/", "http://me:Canary-7f%2F3%22x@127.0.0.1:1/", "https://me:" + canary + "@[::1/%zz", "ftp://me:" + canary + "@host/",
	} {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			var all sync.WaitGroup // they mostly wait
			defer all.Wait()
			for _, args := range lines {
				all.Go(func() { checkSilent(t, map[string]string{"SALT_REGISTRY": url}, args) })
				all.Go(func() { checkSilent(t, nil, append(slices.Clone(args), "--registry", url)) })
			}
			r := cli{env: map[string]string{"SALT_REGISTRY": url}}.start(t.Context(), "registry", "serve", "--listen", "127.0.0.1:0", "--verbose")
			time.AfterFunc(1500*time.Millisecond, r.stop)
			if _, out, err := r.done(t); strings.Contains(out+err, "Canary") {
				t.Errorf("serving %q printed the password:\n%s\n%s", url, out, err)
			}
		})
	}
}
