package interop_test

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"sync"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// callTimeout is longer than a restart takes on a busy machine.
const callTimeout = 15 * time.Second

// A load is the payload of all events and requests, as in chaosservice.
type load struct {
	Token string `json:"token"`
	Sum   int64  `json:"sum"`
	Blob  string `json:"blob"`
	Fail  bool   `json:"fail" salt:"default=false"`
}

type loadAnswer struct {
	Token string `json:"token"`
	Sum   int64  `json:"sum"`
}

func newLoad(token string, i int) *load {
	size := [...]int{0, 40, 40, 40, 2 << 10, 2 << 10, 2 << 10, 20 << 10, 40, 2 << 10}[i%10]
	blob := strings.Repeat("Grüße 🚀 ", size/14)
	return &load{Token: token, Blob: blob, Sum: int64(crc32.ChecksumIEEE([]byte(blob)))}
}

// paced calls f with 0 to n-1, spread over a time, on several goroutines: a
// call that waits for a restart does not hold up the others.
func paced(ctx context.Context, n int, over time.Duration, goroutines int, f func(i int)) {
	work := make(chan int)
	var workers sync.WaitGroup
	for range goroutines {
		workers.Go(func() {
			for i := range work {
				f(i)
			}
		})
	}
	begin := time.Now()
	for i := 0; i < n && ctx.Err() == nil; i++ {
		due := time.NewTimer(time.Until(begin.Add(over * time.Duration(i) / time.Duration(n))))
		select {
		case <-due.C:
			work <- i
		case <-ctx.Done():
		}
		due.Stop()
	}
	close(work)
	workers.Wait()
}

// callPython is one call from Go: its answer must be its own, or an error that
// the documentation names, in time.
func (c *chaos) callPython(ctx context.Context, i int) {
	token := fmt.Sprintf("%s-goask-%06d", c.prefix, i)
	l := newLoad(token, i)
	l.Fail = i%10 == 3
	c.book.note("caller", "asked "+token)
	ctx, cancel := context.WithTimeout(ctx, callTimeout)
	defer cancel()
	begin := time.Now()
	got, err := c.ask.Call(ctx, c.bus, l, salt.MessageID(token))
	outcome, detail := "wrong", fmt.Sprintf("%+v %v", got, err)
	authored, isAuthored := errors.AsType[*salt.RPCError](err)
	remote, isRemote := errors.AsType[*salt.RemoteError](err)
	switch {
	case err == nil && !l.Fail && got.Token == token && got.Sum == l.Sum:
		outcome, detail = "answered", ""
	case isAuthored && l.Fail && authored.Code == "ASKED_FOR" && authored.Message == token:
		outcome, detail = "refused", ""
	case isRemote:
		outcome, detail = "error", "RemoteError of kind "+fmt.Sprint(remote.Kind)+": "+remote.Message
	case errors.Is(err, salt.ErrNoHandler), errors.Is(err, salt.ErrConnectionLost), errors.Is(err, salt.ErrUnavailable):
		outcome, detail = "error", fmt.Sprintf("%.60v", err)
	case errors.Is(err, context.DeadlineExceeded):
		outcome, detail = "error", "deadline exceeded:"
	}
	c.book.note("caller", fmt.Sprintf("outcome %s %s %.3f %s", token, outcome, time.Since(begin).Seconds(), detail))
}

// publishProtocol1 is one event as publishers without Celery write it.
func (c *chaos) publishProtocol1(ctx context.Context, i int) {
	token := fmt.Sprintf("%s-event1-%06d", c.prefix, i)
	l := newLoad(token, i)
	c.book.note("caller", "try "+token)
	e, err := celery.EncodeProtocol1(&salt.Message{
		ID: token, Topic: c.prefix + ".to.python", Version: "v1",
		Body: fmt.Appendf(nil, `{"token": %q, "sum": %d, "blob": %q}`, l.Token, l.Sum, l.Blob),
	})
	if err == nil {
		err = c.raw.publish(ctx, e)
	}
	if err != nil {
		c.book.note("caller", "refused "+token+" "+err.Error())
		return
	}
	c.book.note("caller", "sent "+token)
}
