package redis

import (
	"context"
	"errors"
	"fmt"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

// A rank says what a value is worth as an answer.
type rank uint8

const (
	noAnswer      rank = iota // progress, or about another task
	nobodysAnswer             // of a service that knows no handler
	unreadable                // a value that can never be read
	realAnswer                // what a caller waits for
)

// judge reads a value under the key of id.
func judge(id, value string, limit int) (rank, *salt.Reply) {
	if len(value) > limit {
		return unreadable, fault(id, fmt.Sprintf("the answer in Redis is larger than the limit of %d bytes; raise redis.Options.MaxBytes", limit))
	}
	reply, err := celery.DecodeResult([]byte(value))
	switch {
	case errors.Is(err, celery.ErrNotFinal):
		return noAnswer, nil
	case err != nil:
		return unreadable, fault(id, fmt.Sprintf("the answer in Redis cannot be read: %v; Salt reads Celery's json results without result_compression", err))
	case reply.ID != id:
		return noAnswer, nil
	case reply.Fault != nil && errors.Is(reply.Fault, salt.ErrNoHandler):
		return nobodysAnswer, reply
	}
	return realAnswer, reply
}

func fault(id, text string) *salt.Reply {
	return &salt.Reply{ID: id, Fault: &salt.RemoteError{Kind: salt.FaultDispatcher, Message: text}}
}

// deliver takes a value that was published or read. One that cannot be read
// ends the wait with a fault, as it does in Python: it was meant for this id,
// whoever wrote it will not write it again, and no better one can follow.
func (r *Results) deliver(channel, value string) {
	r.mu.Lock()
	s := r.subjects[channel]
	wanted := s != nil && s.waiters > 0 && s.answer == nil
	r.mu.Unlock()
	if !wanted {
		return
	}
	if worth, reply := judge(s.id, value, r.opts.MaxBytes); worth != noAnswer {
		r.take(s, worth, reply)
	}
}

// refused ends the wait of a subject whose key can never be read.
func (r *Results) refused(channel string, why error) {
	r.mu.Lock()
	s := r.subjects[channel]
	r.mu.Unlock()
	if s != nil {
		r.take(s, unreadable, fault(s.id, fmt.Sprintf("the answer in Redis cannot be read: %v", why)))
	}
}

func (r *Results) take(s *subject, worth rank, reply *salt.Reply) {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case s.waiters == 0 || s.answer != nil: // meanwhile
	case worth == nobodysAnswer:
		if s.nobody == nil {
			s.nobody = reply
		}
	default:
		s.answer = reply
		close(s.answered)
	}
}

// want notes that somebody waits for s: what is stored already is an answer
// too, for the id may be that of an earlier request.
func (r *Results) want(s *subject) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s.waiters > 0 && s.answer == nil {
		s.wanted = true
		r.ask(s)
	}
}

// ask has s's key read.
func (r *Results) ask(s *subject) {
	if s.asked || s.waiters == 0 || s.answer != nil {
		return
	}
	s.asked = true
	r.asked = append(r.asked, s)
	signal(r.look)
}

// refresh has all keys read that somebody waits for.
func (r *Results) refresh() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.subjects {
		if s.wanted {
			r.ask(s)
		}
	}
}

// read reads keys as long as the results live, many in one round trip.
func (r *Results) read() {
	pause := backoff{min: r.opts.BackoffMin, max: r.opts.BackoffMax}
	failing := false
	for {
		select {
		case <-r.life.Done():
			return
		case <-r.look:
		}
		for r.life.Err() == nil {
			channels := r.unread()
			if len(channels) == 0 {
				break
			}
			err := r.readAll(channels)
			if err == nil {
				pause.failures, failing = 0, false
				continue
			}
			if !failing && r.life.Err() == nil {
				failing = true
				r.opts.Logger.Warn("stored answers could not be read; trying again", "results", r.where, "error", err)
			}
			r.link.wait(r.life, r.opts.CommandTimeout)
			sleep(r.life, pause.next())
		}
	}
}

// pipeline bounds the keys of one round trip.
const pipeline = 256

// unread takes from the list what is still to be read.
func (r *Results) unread() (channels []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := 0
	for _, s := range r.asked {
		if len(channels) == pipeline {
			break
		}
		n++
		s.asked = false
		if s.waiters > 0 && s.answer == nil {
			channels = append(channels, s.channel)
		}
	}
	r.asked = append(r.asked[:0], r.asked[n:]...)
	return channels
}

// readAll reads the keys. It returns why the server did not give some of them,
// which are asked for again.
func (r *Results) readAll(channels []string) (failed error) {
	ctx, cancel := context.WithTimeout(r.life, 2*r.opts.CommandTimeout+time.Second)
	defer cancel()
	pipe := r.client.Pipeline()
	values := make([]*goredis.StringCmd, len(channels))
	for i, channel := range channels {
		values[i] = r.fetch(ctx, pipe, channel)
	}
	_, _ = pipe.Exec(ctx) // each command has its own error
	for i, value := range values {
		text, err := value.Result()
		switch {
		case err == nil && text != "":
			r.deliver(channels[i], text)
		case err == nil, errors.Is(err, goredis.Nil):
		case hopeless(err):
			r.refused(channels[i], err)
		default:
			failed = err
			r.again(channels[i])
		}
	}
	return failed
}

// hopeless reports whether an error is about this key, or this command, and
// will be the same the next time. All others may be the connection's.
func hopeless(err error) bool {
	for _, refusal := range []string{"WRONGTYPE", "NOPERM", "ERR unknown command"} {
		if goredis.HasErrorPrefix(err, refusal) {
			return true
		}
	}
	return false
}

// fetch reads one byte more than is allowed, and no more than that. Without a
// value there, the server returns an empty one.
func (r *Results) fetch(ctx context.Context, c goredis.StringCmdable, key string) *goredis.StringCmd {
	return c.GetRange(ctx, key, 0, int64(r.opts.MaxBytes))
}

func (r *Results) again(channel string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.subjects[channel]; s != nil && s.wanted {
		r.ask(s)
	}
}
