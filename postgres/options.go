package postgres

import (
	"fmt"
	"log/slog"
	"regexp"
	"time"
)

// Options of a [Registry]. Nil and zero fields mean the defaults.
type Options struct {
	// Logger is told of migrations. Default [slog.Default].
	Logger *slog.Logger

	// Schema is the database schema that holds the tables: a lower-case name of
	// letters, digits and "_". Default "salt". The parameter salt_schema of the
	// URL says the same.
	Schema string

	// Timeout bounds every call, and each page of a list, beside the call's own
	// context. Default 30 s.
	Timeout time.Duration

	// RequireServer makes [Open] and [New] fail unless the server answers and the
	// tables are up to date. Without it the first call finds out.
	RequireServer bool
}

const (
	defaultSchema  = "salt"
	defaultTimeout = 30 * time.Second
	connectTimeout = 5 * time.Second // of one address, unless the URL says another
	pingTimeout    = 2 * time.Second // of the look at a connection that was idle
	idleTime       = time.Minute     // of a connection, instead of
	pgxIdleTime    = 30 * time.Minute
	closePatience  = 5 * time.Second // of Close
)

var schemaName = regexp.MustCompile(`^[a-z_][a-z0-9_]{0,62}$`)

func (o *Options) withDefaults() (Options, error) {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.Schema == "" {
		c.Schema = defaultSchema
	}
	if !schemaName.MatchString(c.Schema) {
		return c, fmt.Errorf("postgres: the database schema %q is not a lower-case name of letters, digits and \"_\", at most 63", c.Schema)
	}
	if c.Timeout <= 0 {
		c.Timeout = defaultTimeout
	}
	return c, nil
}
