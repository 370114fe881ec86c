package rabbitmq

import (
	"fmt"
	"net"
	"time"
)

// socket bounds each write. Without a deadline, a peer that reads nothing
// blocks the library for ever: the writer holds a channel's lock, which the
// library's own end of the connection waits for.
type socket struct {
	net.Conn
	timeout time.Duration
}

// Write closes the connection when the peer did not take p in time. Part of p
// may be with the peer, so nothing sensible could follow it.
func (s *socket) Write(p []byte) (int, error) {
	if err := s.SetWriteDeadline(time.Now().Add(s.timeout)); err != nil {
		return 0, err
	}
	n, err := s.Conn.Write(p)
	if err != nil {
		s.Conn.Close()
		return n, fmt.Errorf("write to the broker: %w", err)
	}
	return n, nil
}
