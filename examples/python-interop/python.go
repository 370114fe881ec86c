package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
	"time"
)

// A python is a running Python program. Its standard output is what it says.
type python struct {
	cmd   *exec.Cmd
	in    io.WriteCloser // the worker ends when it is closed
	lines chan string
	noise bytes.Buffer // standard error, read when the program has ended

	once sync.Once
	err  error // how it ended
}

// startPython starts a program of this directory.
func startPython(ctx context.Context, interpreter, url, script string) (*python, error) {
	_, here, _, _ := runtime.Caller(0) //nolint:dogsled // the file is all that is wanted
	p := &python{lines: make(chan string, 16)}
	p.cmd = exec.CommandContext(ctx, interpreter, filepath.Join(filepath.Dir(here), script)) //nolint:gosec // the interpreter is the caller's
	p.cmd.Env = append(os.Environ(), "SALT_URL="+url, "PYTHONDONTWRITEBYTECODE=1")
	p.cmd.Stderr = &p.noise
	// Celery ends in order on SIGTERM; whoever does not hear it is killed.
	p.cmd.Cancel = func() error { return p.cmd.Process.Signal(syscall.SIGTERM) }
	p.cmd.WaitDelay = 10 * time.Second
	var err error
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		return nil, fmt.Errorf("start %s: %w", script, err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", script, err)
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s; is SALT_PYTHON a Python with celery-salt? %w", script, err)
	}
	go func() {
		defer close(p.lines)
		for said := bufio.NewScanner(out); said.Scan(); {
			p.lines <- said.Text()
		}
	}()
	return p, nil
}

// hear waits for the next line.
func (p *python) hear(ctx context.Context) (string, error) {
	select {
	case line, ok := <-p.lines:
		if !ok {
			return "", errors.Join(p.stop(), fmt.Errorf("the Python program has ended too early; it said:\n%s", &p.noise))
		}
		return line, nil
	case <-ctx.Done():
		return "", fmt.Errorf("waiting for Python: %w", context.Cause(ctx))
	}
}

// stop ends the program, waits for it, and says what went wrong with it.
func (p *python) stop() error {
	p.once.Do(func() {
		_ = p.in.Close() // it may have ended already
		late := time.AfterFunc(15*time.Second, func() { _ = p.cmd.Process.Kill() })
		defer late.Stop()
		for range p.lines { // before Wait, which closes the pipe
		}
		if err := p.cmd.Wait(); err != nil {
			p.err = fmt.Errorf("%w; it said:\n%s", err, &p.noise)
		}
	})
	return p.err
}
