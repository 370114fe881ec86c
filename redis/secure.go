package redis

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
)

// secured makes a TLS configuration of the ssl_ parameters of a Celery URL. As
// in Python, optional is required on the client's side.
func secured(parameters map[string]string) (*tls.Config, error) {
	c := &tls.Config{MinVersion: tls.VersionTLS12}
	checkName := true
	var cert, key string
	for name, value := range parameters {
		switch name {
		case "ssl_cert_reqs":
			switch strings.TrimPrefix(strings.ToLower(value), "cert_") {
			case "required", "optional":
			case "none":
				c.InsecureSkipVerify = true // asked for by name
			default:
				return nil, errors.New("redis: ssl_cert_reqs in the server's URL is none of required, optional, none and their CERT_ forms")
			}
		case "ssl_check_hostname":
			checkName = !strings.EqualFold(value, "false") && value != "0" && !strings.EqualFold(value, "no")
		case "ssl_ca_certs":
			pem, err := os.ReadFile(value) //nolint:gosec // the file that the program's owner names
			if err != nil {
				return nil, fmt.Errorf("redis: ssl_ca_certs of the server's URL: %w", err)
			}
			c.RootCAs = x509.NewCertPool()
			if !c.RootCAs.AppendCertsFromPEM(pem) {
				return nil, fmt.Errorf("redis: ssl_ca_certs of the server's URL: no certificate in %s", value)
			}
		case "ssl_certfile":
			cert = value
		case "ssl_keyfile":
			key = value
		default:
			return nil, fmt.Errorf("redis: the server's URL has the parameter %.40q, which is not known; use redis.Options.TLS", name)
		}
	}
	if cert != "" || key != "" {
		if key == "" {
			key = cert // Python finds the key there too
		}
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return nil, fmt.Errorf("redis: ssl_certfile and ssl_keyfile of the server's URL: %w", err)
		}
		c.Certificates = []tls.Certificate{pair}
	}
	if !checkName && !c.InsecureSkipVerify {
		skipName(c)
	}
	return c, nil
}

// skipName leaves out the check of the name, and of nothing else.
func skipName(c *tls.Config) {
	roots := c.RootCAs
	c.InsecureSkipVerify = true // the chain is verified below
	c.VerifyConnection = func(state tls.ConnectionState) error {
		o := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
		for _, cert := range state.PeerCertificates[1:] {
			o.Intermediates.AddCert(cert)
		}
		_, err := state.PeerCertificates[0].Verify(o)
		return err
	}
}
