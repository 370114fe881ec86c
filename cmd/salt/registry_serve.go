package main

import (
	"cmp"
	"context"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry/server"
)

const registryServeLong = `Serve a registry over HTTP: Salt's own API under /v1, which https:// registry URLs
speak and /openapi.json describes, and beside it that of the Confluent Schema
Registry. Ctrl-C and SIGTERM end it when running requests are done.

With --tokens only those listed there get in; see salt registry token. The file is
read when the server starts. Without it everybody does everything, so then only a
loopback address is taken, and only requests that name this machine are answered,
unless --insecure says that something else guards it.

With --verbose every request is logged.`

type serveFlags struct {
	listen, store, tokens string
	cert, key             string
	maxBody               int64
	insecure              bool

	guarded bool // --tokens was given
}

func (a *app) registryServeCommand() *cobra.Command {
	var f serveFlags
	cmd := &cobra.Command{
		Use: "serve", Short: "Serve a registry over HTTP", Long: registryServeLong,
		Example: `  salt registry serve --store file:registry
  salt registry serve --store postgres://salt@db/salt --listen :8443 --tokens tokens.json --tls-cert cert.pem --tls-key key.pem`,
		Args: arguments(0, 0, "no arguments (see --store and --listen)"),
	}
	cmd.RunE = a.action(func(ctx context.Context, _ []string) error {
		f.guarded = cmd.Flags().Changed("tokens")
		return a.serve(ctx, &f)
	})
	flags := cmd.Flags()
	flags.StringVar(&f.listen, "listen", "127.0.0.1:8081", "`ADDRESS` to listen on")
	flags.StringVar(&f.store, "store", "", "`URL` of the registry to serve: postgres://…, file:DIRECTORY or memory: (default $SALT_REGISTRY)")
	flags.StringVar(&f.tokens, "tokens", "", "`FILE` of tokens that are let in")
	flags.StringVar(&f.cert, "tls-cert", "", "`FILE` of the certificate and its chain, PEM")
	flags.StringVar(&f.key, "tls-key", "", "`FILE` of the certificate's key, PEM")
	flags.Int64Var(&f.maxBody, "max-body", 1<<20, "largest body of a request, in `BYTES`")
	flags.BoolVar(&f.insecure, "insecure", false, "let everybody in, on any address and under any name")
	return cmd
}

func (a *app) serve(ctx context.Context, f *serveFlags) error {
	opts, encryption, err := f.options()
	if err != nil {
		return err
	}
	level := slog.LevelInfo
	if a.verbose {
		level = slog.LevelDebug
	}
	opts.Logger = slog.New(slog.NewTextHandler(a.err, &slog.HandlerOptions{Level: level}))
	return a.withStore(ctx, &registryFlags{url: f.store, flag: "--store"}, func(_ context.Context, store salt.RegistryStore) error {
		look, cancel := context.WithTimeout(ctx, 5*time.Second)
		_, err := store.Policy(look, "")
		cancel()
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err != nil:
			fmt.Fprintf(a.err, "salt: the store does not answer yet, requests fail until it does: %s\n", oneSentence(err))
		}
		listener, err := new(net.ListenConfig).Listen(ctx, "tcp", f.listen)
		if err != nil {
			return fmt.Errorf("%w; choose another --listen, or end what uses it", err)
		}
		scheme := "http"
		if encryption != nil {
			scheme = "https"
		}
		fmt.Fprintf(a.err, "salt: serving %s on %s://%s\n", shownStore(cmp.Or(f.store, a.env("SALT_REGISTRY"))), scheme, listener.Addr())
		if opts.Tokens == nil {
			fmt.Fprintf(a.err, "salt: no tokens: whoever reaches the address may read and write everything\n")
		}
		if opts.Tokens != nil && encryption == nil && !loopback(f.listen) {
			fmt.Fprintf(a.err, "salt: tokens travel in the clear: give --tls-cert and --tls-key, or let a proxy do TLS\n")
		}
		return server.Serve(ctx, listener, server.New(store, opts), encryption)
	})
}

// options checks the flags; what they name is read.
func (f *serveFlags) options() (*server.Options, *tls.Config, error) {
	opts := &server.Options{MaxBody: f.maxBody, AnyHost: f.insecure}
	if _, _, err := net.SplitHostPort(f.listen); err != nil {
		return nil, nil, misusef("--listen %q is no address such as 127.0.0.1:8081 or :8081", f.listen)
	}
	switch {
	case f.maxBody <= 0:
		return nil, nil, misusef("--max-body %d is not positive", f.maxBody)
	case (f.cert == "") != (f.key == ""):
		return nil, nil, misusef("--tls-cert and --tls-key belong together")
	case f.guarded && f.tokens == "":
		return nil, nil, misusef("--tokens names no file; leave it out to let everybody in")
	case f.guarded && f.insecure:
		return nil, nil, misusef("--insecure lets everybody in, so --tokens makes no sense with it")
	case !f.guarded && !f.insecure && !loopback(f.listen):
		return nil, nil, misusef("--listen %s can be reached from elsewhere: give --tokens FILE (see salt registry token), or --insecure if something else guards it", f.listen)
	}
	if f.guarded {
		tokens, err := server.LoadTokens(f.tokens)
		if err != nil {
			return nil, nil, misuse{err}
		}
		opts.Tokens = tokens
	}
	if f.cert == "" {
		return opts, nil, nil
	}
	pair, err := tls.LoadX509KeyPair(f.cert, f.key)
	if err != nil {
		return nil, nil, misusef("read --tls-cert and --tls-key: %w", err)
	}
	return opts, &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}}, nil
}

// loopback reports whether only this machine reaches an address.
func loopback(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return false
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// shownStore is a registry's URL for people, without password and query.
func shownStore(raw string) string {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "the registry"
	case u.Host == "":
		text, _, _ := strings.Cut(raw, "?")
		return text
	}
	return shownURL(raw)
}
