package interop_test

import (
	"bufio"
	"errors"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"syscall"
)

// A child is a process that a test may kill. It writes lines of any length on
// its file descriptor 3; what it has written before it is killed arrives. It
// is expected to end when its standard input is closed, so that nothing
// outlives a test that is itself killed.
type child struct {
	name   string
	cmd    *exec.Cmd
	said   *transcript
	in     io.Closer
	ended  chan struct{} // closed when it has ended and all its lines were read
	killed atomic.Bool
}

// launch starts a process with the environment of this one and more. It calls
// report with one line after the other.
func launch(name string, report func(line []byte), env []string, argv ...string) (*child, error) {
	read, write, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	c := &child{name: name, said: new(transcript), ended: make(chan struct{})}
	c.cmd = exec.Command(argv[0], argv[1:]...) // not by a context: kill tells our end from its own
	c.cmd.Env = append(append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1"), env...)
	c.cmd.ExtraFiles = []*os.File{write} // file descriptor 3
	c.cmd.Stdout, c.cmd.Stderr = c.said, c.said
	// A group of its own: Celery's prefork pool has children.
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.in, err = c.cmd.StdinPipe()
	if err == nil {
		err = c.cmd.Start()
	}
	write.Close() // the child has its own
	if err != nil {
		read.Close()
		return nil, err
	}
	go func() {
		defer close(c.ended)
		defer read.Close()
		lines := bufio.NewReader(read)
		for {
			line, err := lines.ReadBytes('\n')
			if err != nil {
				break // half a line is one that a kill cut off
			}
			report(line)
		}
		_ = c.cmd.Wait() // how it ended stands in ProcessState
	}()
	return c, nil
}

// kill ends the process with SIGKILL and waits for that.
func (c *child) kill() {
	select {
	case <-c.ended: // its number may be somebody else's by now
	default:
		c.killed.Store(true)
		_ = syscall.Kill(-c.cmd.Process.Pid, syscall.SIGKILL) // gone is as good
	}
	<-c.ended
	c.in.Close()
}

// died returns an error if the process has ended and nobody killed it.
func (c *child) died() error {
	select {
	case <-c.ended:
	default:
		return nil
	}
	if c.killed.Load() {
		return nil
	}
	return errors.New(c.name + " ended by itself: " + c.cmd.ProcessState.String() + "\n" + c.said.String())
}
