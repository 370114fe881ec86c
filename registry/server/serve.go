package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"
)

// shutdownTime is what requests have to end after the context of [Serve].
const shutdownTime = 10 * time.Second

// Serve serves a handler on a listener until the context ends, and then lets
// running requests finish for up to 10 seconds. tlsConfig nil means plain HTTP.
// It closes the listener, and returns nil after an orderly end.
func Serve(ctx context.Context, listener net.Listener, handler http.Handler, tlsConfig *tls.Config) error {
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 5 * time.Second,
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    16 << 10,
		TLSConfig:         tlsConfig,
		BaseContext:       func(net.Listener) context.Context { return context.WithoutCancel(ctx) },
		ErrorLog:          slog.NewLogLogger(slog.DiscardHandler, slog.LevelDebug), // of clients' handshakes and noise
	}
	ended := make(chan error, 1)
	go func() {
		if tlsConfig != nil {
			ended <- srv.ServeTLS(listener, "", "")
			return
		}
		ended <- srv.Serve(listener)
	}()
	select {
	case err := <-ended:
		return fmt.Errorf("serve the registry: %w", err)
	case <-ctx.Done():
	}
	grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
	defer cancel()
	err := srv.Shutdown(grace)
	if err != nil {
		srv.Close() //nolint:errcheck // the first error is the one to tell
	}
	if end := <-ended; !errors.Is(end, http.ErrServerClosed) {
		err = errors.Join(err, end)
	}
	if err != nil {
		return fmt.Errorf("stop serving the registry: %w", err)
	}
	return nil
}
