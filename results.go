package salt

import "context"

// A ResultBackend carries answers to requests beside the transport, as Celery's
// Redis backend does (PROTOCOL.md, section 6.4). [Options.Results] gives one to
// a bus, which owns it from then on. Safe for concurrent use.
type ResultBackend interface {
	// Await begins to listen for the answer to the request with this id, and
	// returns once no answer to a request sent from now on can be missed. It is
	// called before the request is sent. The error wraps [ErrUnavailable] when
	// the backend is away, [ErrClosed] after Close, or ctx's error.
	Await(ctx context.Context, id string) (PendingResult, error)

	// Store keeps the answer to req for whoever waits for it, and for some time
	// for whoever asks later. The first real answer to an id stays; it is no
	// error that there is one already. A backend may leave out callers of whom it
	// knows that they do not listen to it, see [Message.AwaitsStored].
	Store(ctx context.Context, req *Message, r *Reply) error

	// Health reports the state now, without I/O: nil, or why answers can
	// neither be stored nor awaited.
	Health() error

	// Close releases everything; those who wait get [ErrClosed]. Calls after it
	// return [ErrClosed]. Closing twice is harmless.
	Close(ctx context.Context) error
}

// A PendingResult is an answer to come.
type PendingResult interface {
	// Wait returns the answer. Answers of services that know no handler are
	// passed over until ctx ends, because another may yet do better; then the
	// first of them is returned. Otherwise it returns ctx's error, or
	// [ErrClosed] when the backend was closed. A backend that is away for a
	// moment is waited for, and asked then for what was missed. Wait may be
	// called again, also after its ctx has ended, and returns the same answer.
	Wait(ctx context.Context) (*Reply, error)

	// Stop ends the listening; Wait is not called after it. It must be called,
	// and does not block. It may be called again; only the first counts.
	Stop()
}
