package redis_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/redis"
)

// works makes one call over each pair of results.
func works(t *testing.T, caller, service *redis.Results) {
	t.Helper()
	req := request()
	p := await(t, caller, req.ID)
	if err := service.Store(patience(t), req, answer(req, `"works"`)); err != nil {
		t.Fatal(err)
	}
	wantBody(t, p, `"works"`)
	wantBody(t, await(t, service, req.ID), `"works"`)
}

const secret = "se/cr:et@?#&%"

func TestPassword(t *testing.T) {
	t.Parallel()
	s := startServer(t, "--requirepass", secret, "--user", "app", "on", ">"+secret, "~celery-task-meta-*", "&celery-task-meta-*", "+@all")
	for _, user := range []*url.Userinfo{url.UserPassword("", secret), url.UserPassword("app", secret)} {
		r := open(t, "redis://"+user.String()+"@"+s.addr()+"/0", nil)
		works(t, r, r)
	}
	// A foreign prefix is forbidden to that user: everybody is told so.
	o := hasty()
	o.KeyPrefix = "foreign"
	forbidden := open(t, "redis://"+url.UserPassword("app", secret).String()+"@"+s.addr()+"/0", o)
	req := request()
	if err := forbidden.Store(patience(t), req, answer(req, `1`)); err == nil || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("Store: %v, want the server's refusal", err)
	}
	if _, err := forbidden.Await(patience(t), req.ID); !errors.Is(err, salt.ErrUnavailable) || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("Await: %v, want salt.ErrUnavailable with the server's refusal", err)
	}
	for _, wrong := range []string{"", ":wrong-" + url.QueryEscape("pass/word") + "@"} {
		r := open(t, "redis://"+wrong+s.addr(), hasty())
		_, awaiting := r.Await(patience(t), "x")
		storing := r.Store(patience(t), request(), answer(req, `1`))
		eventually(t, "the reason is known", func() bool {
			return r.Health() != nil && strings.Contains(r.Health().Error(), "AUTH") || strings.Contains(r.Health().Error(), "WRONGPASS")
		})
		for what, err := range map[string]error{"Await": awaiting, "Store": storing, "Health": r.Health()} {
			if err == nil || strings.Contains(err.Error(), "pass/word") || strings.Contains(err.Error(), "pass%2Fword") {
				t.Errorf("%s with a wrong password: %v", what, err)
			}
		}
	}
}

func TestSocket(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "redis.sock")
	s := startServer(t, "--unixsocket", path)
	for _, u := range []string{"redis+socket://" + path + "?virtual_host=3", "unix://" + path + "?db=3"} {
		works(t, open(t, u, nil), open(t, "redis://"+s.addr()+"/3", nil))
	}
}

// certificates makes an authority and a certificate for 127.0.0.1, as files.
func certificates(t *testing.T) (ca, cert, key string) {
	t.Helper()
	dir := t.TempDir()
	write := func(name, kind string, der []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	signer, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := func(n int64, name string) *x509.Certificate {
		return &x509.Certificate{
			SerialNumber: big.NewInt(n), Subject: pkix.Name{CommonName: name},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
		}
	}
	root := template(1, "test authority")
	root.IsCA, root.KeyUsage = true, x509.KeyUsageCertSign
	rootDER, err := x509.CreateCertificate(rand.Reader, root, root, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	leaf := template(2, "test server")
	leaf.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
	leaf.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}
	leafDER, err := x509.CreateCertificate(rand.Reader, leaf, root, signer.Public(), signer)
	if err != nil {
		t.Fatal(err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(signer)
	if err != nil {
		t.Fatal(err)
	}
	return write("ca.pem", "CERTIFICATE", rootDER), write("cert.pem", "CERTIFICATE", leafDER), write("key.pem", "PRIVATE KEY", keyDER)
}

func TestTLS(t *testing.T) {
	t.Parallel()
	ca, cert, key := certificates(t)
	port := freePort(t)
	s := startServer(t, "--port", "0", "--tls-port", strconv.Itoa(port), "--tls-cert-file", cert, "--tls-key-file", key, "--tls-ca-cert-file", ca)
	client := "&ssl_certfile=" + url.QueryEscape(cert) + "&ssl_keyfile=" + url.QueryEscape(key)
	authority := "&ssl_ca_certs=" + url.QueryEscape(ca)
	works(t, open(t, "rediss://"+s.addr()+"/0?ssl_cert_reqs=CERT_REQUIRED"+authority+client, nil), open(t, "rediss://"+s.addr()+"?ssl_cert_reqs=none"+client, nil))

	pair, err := tls.LoadX509KeyPair(cert, key)
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile(ca)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(text)
	own := &redis.Options{TLS: &tls.Config{RootCAs: pool, Certificates: []tls.Certificate{pair}}}
	works(t, open(t, "redis://"+s.addr(), own), open(t, "rediss://"+s.addr(), own))

	// The name is checked, unless one says otherwise.
	byName := fmt.Sprintf("rediss://localhost:%d/0?ssl_cert_reqs=required%s%s", s.port, authority, client)
	lenient := open(t, byName+"&ssl_check_hostname=false", nil)
	works(t, lenient, lenient)
	for what, u := range map[string]string{
		"of another name":           byName,
		"of an unknown authority":   "rediss://" + s.addr() + "?ssl_cert_reqs=required" + client,
		"of one, names unchecked":   "rediss://" + s.addr() + "?ssl_cert_reqs=required&ssl_check_hostname=false" + client,
		"without parameters at all": "rediss://" + s.addr(),
	} {
		r := open(t, u, hasty())
		if _, err := r.Await(patience(t), "x"); !errors.Is(err, salt.ErrUnavailable) {
			t.Errorf("Await at a server %s: %v, want salt.ErrUnavailable", what, err)
		}
		eventually(t, "the reason is known", func() bool { return strings.Contains(fmt.Sprint(r.Health()), "x509") })
	}
}
