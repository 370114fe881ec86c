package redis

import "github.com/celerysalt/salt"

// A subject is an id that somebody waits for. Guarded by [Results.mu].
type subject struct {
	channel, id string
	waiters     int

	sent        bool          // the server was told to publish it to us
	unconfirmed int           // times that it was told and did not confirm yet
	ready       chan struct{} // closed once confirmed; another after a lost connection
	confirmed   bool          // ready is closed

	wanted bool // a Wait has begun
	asked  bool // in Results.asked

	nobody   *salt.Reply // a service without a handler answered
	answer   *salt.Reply
	answered chan struct{} // closed with answer
}

// subject returns the one of id, with one more waiter.
func (r *Results) subject(id string) *subject {
	channel := r.key(id)
	s := r.subjects[channel]
	if s == nil {
		s = &subject{channel: channel, id: id, ready: make(chan struct{}), answered: make(chan struct{})}
		r.subjects[channel] = s
	}
	s.waiters++
	r.list(s)
	return s
}

// leave takes one waiter off.
func (r *Results) leave(s *subject) {
	if s.waiters--; s.waiters > 0 {
		return
	}
	// A later call with this id is another call: it shall see what is stored.
	s.nobody, s.answer, s.wanted = nil, nil, false
	s.answered = make(chan struct{})
	r.list(s)
}

// list notes whether s's subscription has to change.
func (r *Results) list(s *subject) {
	if s.sent == (s.waiters > 0) {
		delete(r.changed, s)
		r.forget(s)
		return
	}
	r.changed[s] = true
	signal(r.wake)
}

// changes returns the channels to subscribe and to unsubscribe, and counts that
// as done: what is not, ends the session.
func (r *Results) changes() (begin, end []string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for s := range r.changed {
		delete(r.changed, s)
		switch wanted := s.waiters > 0; {
		case wanted && !s.sent:
			s.sent = true
			s.unconfirmed++
			begin = append(begin, s.channel)
		case !wanted && s.sent:
			s.sent = false
			if s.confirmed {
				s.confirmed, s.ready = false, make(chan struct{})
			}
			end = append(end, s.channel)
		}
		r.forget(s)
	}
	return begin, end
}

// confirm takes note that the server confirmed a subscription. Of one that was
// given up and made again, only the last confirmation counts.
func (r *Results) confirm(channel string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.subjects[channel]
	if s == nil {
		return
	}
	s.unconfirmed--
	if s.sent && s.unconfirmed == 0 && !s.confirmed {
		s.confirmed = true
		close(s.ready)
		if s.wanted {
			r.ask(s) // it was subscribed on another connection, and may have missed something
		}
	}
	r.forget(s)
}

// forget deletes s when nobody waits and nothing is to come.
func (r *Results) forget(s *subject) {
	if s.waiters == 0 && !s.sent && s.unconfirmed == 0 {
		delete(r.subjects, s.channel)
	}
}

// renew begins anew on a connection that knows nothing.
func (r *Results) renew() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, s := range r.subjects {
		s.sent, s.unconfirmed = false, 0
		if s.confirmed {
			s.confirmed, s.ready = false, make(chan struct{})
		}
		r.list(s)
	}
}

// signal wakes the one who waits for c, now or the next time.
func signal(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
