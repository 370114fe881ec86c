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
	return a.withBus(ctx, func(bus *salt.Bus) error {
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

// send publishes a batch and reports it. The error is that of reporting.
func (r *lineReport) send(ctx context.Context, bus *salt.Bus, topic string, f *publishFlags, batch []line) error {
	ctx, cancel := context.WithTimeout(ctx, f.timeout)
	defer cancel()
	outcomes := make([]error, len(batch))
	ids := make([]string, len(batch))
	var (
		ms []*salt.Message
		at []int
	)
	for i, l := range batch {
		m, err := f.lineMessage(topic, l)
		if err != nil {
			outcomes[i] = err
			continue
		}
		ms, at = append(ms, m), append(at, i)
	}
	for i, err := range bus.SendBatch(ctx, ms) {
		outcomes[at[i]], ids[at[i]] = err, ms[i].ID
	}
	for i, err := range outcomes {
		if err := r.tell(batch[i].number, ids[i], err); err != nil {
			return err
		}
	}
	if time.Since(r.told) > progressEvery {
		r.told = time.Now()
		fmt.Fprintf(r.a.err, "salt: %s published, %d failed so far\n", count(r.sent, "message"), r.failed)
	}
	return nil
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
