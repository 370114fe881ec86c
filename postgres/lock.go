package postgres

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/jackc/pgx/v5"
)

// stripes is the number of locks that all topics share. A lock for each topic
// would let a few large registrations fill the server's lock table.
const stripes = 256

// lockKey is an advisory lock's number; the database's other users have theirs
// in the same 64 bits.
func (r *Registry) lockKey(name string) int64 {
	sum := sha256.Sum256([]byte("salt\x00" + r.schema + "\x00" + name))
	return int64(binary.BigEndian.Uint64(sum[:]))
}

// lockTopics takes the locks of topics until the end of the transaction, always
// in the same order, so that nobody waits in a circle.
func (r *Registry) lockTopics(ctx context.Context, tx pgx.Tx, topics ...string) error {
	keys := map[int64]bool{}
	for _, topic := range topics {
		sum := sha256.Sum256([]byte(topic))
		keys[r.lockKey(fmt.Sprintf("topics %d", binary.BigEndian.Uint32(sum[:])%stripes))] = true
	}
	_, err := tx.Exec(ctx, "select pg_advisory_xact_lock(k) from unnest($1::bigint[]) k", slices.Sorted(maps.Keys(keys)))
	return err
}

// lockLedger is taken after the topics, before schemas and history are written:
// their numbers have no gaps, and the history is in the order of the commits.
func (r *Registry) lockLedger(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, "select pg_advisory_xact_lock($1::bigint)", r.lockKey("ledger"))
	return err
}
