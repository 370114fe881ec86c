package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

const (
	// lineBatch is how many lines travel together at most. Fewer do when
	// nothing more has been read: who types, or tails a log, waits for nobody.
	lineBatch = 1024

	progressEvery = 2 * time.Second

	// attempts to send a line while the broker comes and goes.
	attempts = 3
)

// A line of the input.
type line struct {
	number int
	text   []byte
	err    error // the line cannot be read
}

// publishLines publishes what stdin holds, line by line.
func (a *app) publishLines(ctx context.Context, args []string, f *publishFlags) error {
	switch {
	case len(args) == 2 && args[1] != stdinName:
		return misusef("--lines reads stdin: leave out the payload")
	case f.id != "":
		return misusef("--id is for one message and --lines for many")
	case isTerminal(a.in):
		return misusef("--lines reads stdin: pipe the lines in, or name a file with <FILE")
	}
	if _, err := f.message(args[0], nil); err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop() // ends the reader
	lines := make(chan line, lineBatch)
	go readLines(ctx, a.in, lines)
	return a.withBus(ctx, nil, func(bus *salt.Bus) error {
		r := lineReport{a: a, began: time.Now(), told: time.Now()}
		for batch := range batches(ctx, lines) {
			if err := r.send(ctx, bus, args[0], f, batch); err != nil {
				return err
			}
		}
		return r.end(ctx)
	})
}

// readLines sends the lines that are not blank, until the end of the input or
// of ctx. A read that hangs ends with the process.
func readLines(ctx context.Context, from io.Reader, to chan<- line) {
	defer close(to)
	r := bufio.NewReaderSize(from, 64<<10)
	for n := 1; ; n++ {
		text, err := readLine(r)
		l := line{number: n, text: bytes.TrimSpace(text)}
		if errors.Is(err, errLongLine) {
			l.err = err
		} else if err != nil && !errors.Is(err, io.EOF) {
			l.err = fmt.Errorf("read stdin: %w", err)
		}
		if len(l.text) > 0 || l.err != nil {
			select {
			case to <- l:
			case <-ctx.Done():
				return
			}
		}
		if err != nil && !errors.Is(err, errLongLine) {
			return
		}
	}
}

var errLongLine = fmt.Errorf("%w: the line is longer than %d bytes", salt.ErrTooLarge, schema.DefaultLimits.MaxBytes)

// readLine returns the next line in memory of its own. A line beyond the limit
// is skipped as a whole.
func readLine(r *bufio.Reader) ([]byte, error) {
	var text []byte
	long := false
	for {
		part, err := r.ReadSlice('\n')
		if long = long || len(text)+len(part) > schema.DefaultLimits.MaxBytes; long {
			text = nil
		} else {
			text = append(text, part...)
		}
		switch {
		case errors.Is(err, bufio.ErrBufferFull):
		case err != nil && !errors.Is(err, io.EOF):
			return text, err
		case long:
			return nil, errLongLine // at the end of the input, the next call says so
		default:
			return text, err
		}
	}
}

// batches yields what has been read, at least one line at a time.
func batches(ctx context.Context, lines <-chan line) func(yield func([]line) bool) {
	return func(yield func([]line) bool) {
		for {
			var batch []line
			select {
			case l, ok := <-lines:
				if !ok {
					return
				}
				batch = append(batch, l)
			case <-ctx.Done():
				return
			}
		more:
			for len(batch) < lineBatch {
				select {
				case l, ok := <-lines:
					if !ok {
						break more // the next round ends
					}
					batch = append(batch, l)
				default:
					break more
				}
			}
			if !yield(batch) {
				return
			}
		}
	}
}

// A lineReport tells the outcome of each line, and the progress of all.
type lineReport struct {
	a            *app
	sent, failed int
	began, told  time.Time
}

// send publishes a batch and reports it. What the broker has certainly not got,
// because it was away, is sent again when it is back. An error ends it all.
func (r *lineReport) send(ctx context.Context, bus *salt.Bus, topic string, f *publishFlags, batch []line) error {
	b := sending{f: f, topic: topic, lines: batch, ids: make([]string, len(batch)), outcomes: make([]error, len(batch))}
	todo := make([]int, len(batch))
	for i := range todo {
		todo[i] = i
	}
	var stop error
	for range attempts {
		if stop = r.waitForBroker(ctx, bus, f.timeout); stop != nil {
			for _, i := range todo {
				b.outcomes[i] = stop // certainly not there
			}
			break
		}
		if todo = b.attempt(ctx, bus, todo); len(todo) == 0 || ctx.Err() != nil {
			break
		}
	}
	for i, err := range b.outcomes {
		if err := r.tell(batch[i].number, b.ids[i], err); err != nil {
			return err
		}
	}
	if time.Since(r.told) > progressEvery {
		r.told = time.Now()
		fmt.Fprintf(r.a.err, "salt: %s published, %d failed so far\n", count(r.sent, "message"), r.failed)
	}
	if stop != nil && ctx.Err() == nil {
		return fmt.Errorf("stopped after line %d: %w", batch[len(batch)-1].number, stop)
	}
	return nil
}

// waitForBroker returns when publishing is possible.
func (r *lineReport) waitForBroker(ctx context.Context, bus *salt.Bus, timeout time.Duration) error {
	late := time.NewTimer(timeout)
	defer late.Stop()
	look := time.NewTicker(20 * time.Millisecond)
	defer look.Stop()
	for said := false; ; {
		h := bus.Health().Transport
		if h.Connected {
			return nil
		}
		if h.Detail != "" && !said && r.sent > 0 {
			said = true
			fmt.Fprintf(r.a.err, "salt: waiting for the broker, up to %v: %s\n", timeout, h.Detail)
		}
		select {
		case <-look.C:
		case <-late.C:
			return fmt.Errorf("%w within %v: %s", salt.ErrUnavailable, timeout, h.Detail)
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// sending is a batch on its way. A line keeps its message id in every attempt.
type sending struct {
	f        *publishFlags
	topic    string
	lines    []line
	ids      []string
	outcomes []error // nil is confirmed
}

// attempt sends the lines at the given places and returns those that are worth
// another attempt.
func (b *sending) attempt(ctx context.Context, bus *salt.Bus, places []int) (again []int) {
	ctx, cancel := context.WithTimeout(ctx, b.f.timeout)
	defer cancel()
	var (
		ms []*salt.Message
		at []int
	)
	for _, i := range places {
		m, err := b.f.lineMessage(b.topic, b.lines[i])
		if b.outcomes[i] = err; err == nil {
			m.ID = b.ids[i]
			ms, at = append(ms, m), append(at, i)
		}
	}
	for k, err := range bus.SendBatch(ctx, ms) {
		i := at[k]
		b.ids[i], b.outcomes[i] = ms[k].ID, err
		if pe, ok := errors.AsType[*salt.PublishError](err); ok && pe.Outcome == salt.Refused && salt.Retryable(err) {
			again = append(again, i)
		}
	}
	return again
}

func (f *publishFlags) lineMessage(topic string, l line) (*salt.Message, error) {
	if l.err != nil {
		return nil, l.err
	}
	body, err := checkPayload(l.text)
	if err != nil {
		return nil, err
	}
	return f.message(topic, body)
}

func (r *lineReport) tell(number int, id string, err error) error {
	if err == nil {
		r.sent++
	} else {
		r.failed++
	}
	switch {
	case r.a.json:
		p := published{Line: number, ID: id, Outcome: outcomeOf(err)}
		if err != nil {
			p.Error = err.Error()
		}
		return r.a.printJSON(p)
	case err == nil:
		return r.a.print(id)
	}
	fmt.Fprintf(r.a.err, "salt: line %d: %s\n", number, oneSentence(err))
	return nil
}

// end sums up. Lines that were left unread because of Ctrl-C are a failure.
func (r *lineReport) end(ctx context.Context) error {
	fmt.Fprintf(r.a.err, "salt: %s published, %d failed, in %v\n",
		count(r.sent, "message"), r.failed, time.Since(r.began).Round(time.Millisecond))
	switch {
	case ctx.Err() != nil:
		return fmt.Errorf("stopped before the end of the input: %w", ctx.Err())
	case r.failed > 0:
		return errReported
	}
	return nil
}
