package rabbitmq

import (
	"crypto/tls"
	"log/slog"
	"os"
	"path/filepath"
	"time"

	"github.com/celerysalt/salt/celery"
)

// Options of a [Transport]. Nil and zero fields mean the defaults.
type Options struct {
	// Logger is told what no caller can see: connections lost and made again,
	// deliveries dropped. Never passwords or payloads. Default [slog.Default].
	Logger *slog.Logger

	// ConnectionName is shown in RabbitMQ's own lists, with " (publish)" or
	// " (consume)" added. Default: the program's name.
	ConnectionName string

	// TLS configures amqps connections: client certificates, own authorities.
	// The server's name is checked unless TLS says otherwise. MinVersion below
	// TLS 1.2 is raised. Default: the system's authorities.
	TLS *tls.Config

	// Heartbeat is the interval agreed with the broker; a silent peer is given
	// up after 1.5 intervals. Whole seconds. The URL's ?heartbeat= wins.
	// Default 10 s.
	Heartbeat time.Duration

	// DialTimeout bounds a connection attempt: TCP, TLS and AMQP handshake
	// together. Default 10 s.
	DialTimeout time.Duration

	// WriteTimeout bounds one write to the socket. A connection whose peer
	// takes nothing for so long is closed, and by so much a call may outlive
	// its context. Default 3 s.
	WriteTimeout time.Duration

	// ConnectWait is how long a send waits for a lost connection to come back
	// before it fails with [salt.ErrUnavailable]. Default 1 s.
	ConnectWait time.Duration

	// ConfirmTimeout bounds a send whose context has no earlier deadline. A
	// message that stays unconfirmed for so long makes the transport replace
	// its connection. Default 30 s.
	ConfirmTimeout time.Duration

	// CommandTimeout bounds what the broker must answer (declare, bind,
	// consume, cancel). A connection that does not answer is replaced.
	// Default 10 s.
	CommandTimeout time.Duration

	// BackoffMin and BackoffMax bound the pause before connecting again: a
	// random part ("full jitter") of a time that doubles from Min to Max.
	// Defaults 100 ms and 15 s.
	BackoffMin, BackoffMax time.Duration

	// Window is the number of unconfirmed messages at which senders wait.
	// Default 256.
	Window int

	// MaxBody is the largest body sent or decoded, in bytes, envelope
	// included. Default 1 MiB.
	MaxBody int

	// Prefetch and Concurrency are the defaults of [salt.Queue]: unsettled
	// messages held at once, and handlers running at once. A concurrency of 1
	// keeps the queue's order. Defaults 64 and 16.
	Prefetch, Concurrency int

	// CheckInterval is the pause between two questions to the broker whether
	// a queue still has its consumer. Default 15 s.
	CheckInterval time.Duration

	// IdleRefresh is the time without any delivery after which a consumer
	// subscribes anew: behind other consumers of the same queue, a lost
	// subscription shows in no number. Default 5 min.
	IdleRefresh time.Duration

	// DrainGrace is the time handlers get after their contexts were cancelled
	// at the end of the drain. Default 1 s.
	DrainGrace time.Duration
}

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
	if c.ConnectionName == "" {
		c.ConnectionName = filepath.Base(os.Args[0])
	}
	c.Heartbeat = or(c.Heartbeat, 10*time.Second)
	c.DialTimeout = or(c.DialTimeout, 10*time.Second)
	c.WriteTimeout = or(c.WriteTimeout, 3*time.Second)
	c.ConnectWait = or(c.ConnectWait, time.Second)
	c.ConfirmTimeout = or(c.ConfirmTimeout, 30*time.Second)
	c.CommandTimeout = or(c.CommandTimeout, 10*time.Second)
	c.BackoffMin = or(c.BackoffMin, 100*time.Millisecond)
	c.BackoffMax = max(or(c.BackoffMax, 15*time.Second), c.BackoffMin)
	c.Window = or(c.Window, 256)
	c.MaxBody = or(c.MaxBody, 1<<20)
	c.Prefetch = or(c.Prefetch, 64)
	c.Concurrency = or(c.Concurrency, 16)
	c.CheckInterval = or(c.CheckInterval, 15*time.Second)
	c.IdleRefresh = or(c.IdleRefresh, 5*time.Minute)
	c.DrainGrace = or(c.DrainGrace, time.Second)
	return c
}

func (o *Options) limits() celery.Limits { return celery.Limits{MaxBytes: o.MaxBody} }
