package redis

import (
	"crypto/tls"
	"log/slog"
	"strings"
	"time"
)

// Options of [Results]. Nil and zero fields mean the defaults.
type Options struct {
	// Logger is told what no caller can see: the connection lost and made
	// again, and keys that cannot be read for now. Never passwords or payloads. Default [slog.Default].
	Logger *slog.Logger

	// TLS configures the connections of [Open], and makes them TLS whatever the
	// URL's scheme. It replaces the ssl_ parameters of the URL. MinVersion below
	// TLS 1.2 is raised.
	TLS *tls.Config

	// MasterName is the name under which Sentinels know the server; for
	// sentinel:// URLs only. Celery's transport option master_name.
	MasterName string

	// KeyPrefix is Celery's transport option global_keyprefix. As in Celery from
	// 5.5 on, "_" is added unless it ends with one of ":_-.". Older ones add it
	// always: "shop:" there is "shop:_" here. All programs must agree.
	KeyPrefix string

	// TTL is how long an answer stays readable for whoever asks late. Whole
	// seconds, at least one. Default 24 h, which is Celery's.
	TTL time.Duration

	// MaxBytes is the largest value stored or read, in bytes, envelope included.
	// A larger answer reaches its caller as a fault. Default 1 MiB and 16 KiB.
	MaxBytes int

	// ConnectWait is how long [Results.Await] waits for a lost connection to
	// come back before it fails with [salt.ErrUnavailable]. Default 1 s.
	ConnectWait time.Duration

	// CommandTimeout bounds what the server must answer, and how long Await
	// waits for the server's word over a connection that seems to live.
	// Default 5 s.
	CommandTimeout time.Duration

	// StoreTimeout bounds [Results.Store], which tries again while the server is
	// away. A request that expires earlier ends it earlier, but not before 1 s.
	// A bus gives each answer 10 s, and less while it closes, so that more has no
	// effect there. Default 10 s.
	StoreTimeout time.Duration

	// CheckInterval is the pause between two questions to the server whether it
	// is there. The listening connection is replaced when one stays without
	// answer until the next. Default 5 s.
	CheckInterval time.Duration

	// RefreshInterval is the pause between two looks at the keys of all waiting
	// calls, because a cluster or a failover may lose a publication without
	// losing a connection. Default 30 s.
	RefreshInterval time.Duration

	// BackoffMin and BackoffMax bound the pause before connecting again: a
	// random part of a time that doubles from Min to Max, and begins anew after a
	// connection that has lived for Max. Defaults 50 ms and 5 s.
	BackoffMin, BackoffMax time.Duration
}

const defaultMaxBytes = 1<<20 + 16<<10

// or returns v, or def if v is zero or negative.
func or[T int | time.Duration](v, def T) T {
	if v <= 0 {
		return def
	}
	return v
}

func (o *Options) withDefaults() Options {
	var c Options
	if o != nil {
		c = *o
	}
	if c.Logger == nil {
		c.Logger = slog.Default()
	}
	if c.KeyPrefix != "" && !strings.ContainsRune(":_-.", rune(c.KeyPrefix[len(c.KeyPrefix)-1])) {
		c.KeyPrefix += "_"
	}
	c.TTL = max(or(c.TTL, 24*time.Hour).Truncate(time.Second), time.Second)
	c.MaxBytes = or(c.MaxBytes, defaultMaxBytes)
	c.ConnectWait = or(c.ConnectWait, time.Second)
	c.CommandTimeout = or(c.CommandTimeout, 5*time.Second)
	c.StoreTimeout = or(c.StoreTimeout, 10*time.Second)
	c.CheckInterval = or(c.CheckInterval, 5*time.Second)
	c.RefreshInterval = or(c.RefreshInterval, 30*time.Second)
	c.BackoffMin = or(c.BackoffMin, 50*time.Millisecond)
	c.BackoffMax = max(or(c.BackoffMax, 5*time.Second), c.BackoffMin)
	return c
}
