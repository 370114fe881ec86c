// Package redis carries answers to requests over Redis, as Celery's Redis
// result backend does (PROTOCOL.md, sections 6.4 to 6.7), for both roles: a
// Python caller gets the answers of Go services, and a Go caller those of
// Python workers.
//
// Give what [Open] or [New] returns to salt.Options.Results.
//
// All calls of one [Results] share one connection that listens; each waiting
// call is one subscription on it and no goroutine. A lost or silent connection
// is replaced, and what may have been published meanwhile is read from the keys.
package redis
