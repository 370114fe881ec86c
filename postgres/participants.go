package postgres

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
)

// maxIdentity is the length in bytes of what makes a participant one: it must
// fit into an index.
const maxIdentity = 2000

// See records participants, all with one statement. See [salt.RegistryStore].
// Who was not seen for 90 days is forgotten.
func (r *Registry) See(ctx context.Context, seen ...*salt.Participant) error {
	if len(seen) == 0 {
		return nil
	}
	for _, p := range seen {
		err := checkText("topic", p.Topic, "version", p.Version, "role", string(p.Role), "service", p.Service, "host", p.Host,
			"handler", p.Handler, "type", p.Type, "source", p.Source, "language", p.Language)
		if n := len(p.Topic) + len(p.Version) + len(p.Role) + len(p.Service) + len(p.Host) + len(p.Handler); err == nil && n > maxIdentity {
			err = fmt.Errorf("topic, version, role, service, host and handler have %d bytes together, %d are allowed", n, maxIdentity)
		}
		if err != nil {
			return fmt.Errorf("record participant %.80q of %.80q: %w", p.Service, p.Topic, err)
		}
	}
	columns := make([][]string, 9)
	for _, p := range once(seen) {
		for i, text := range []string{p.Topic, string(p.Role), p.Service, p.Host, p.Handler, p.Version, p.Type, p.Source, p.Language} {
			columns[i] = append(columns[i], text)
		}
	}
	args := make([]any, len(columns))
	for i, column := range columns {
		args[i] = column
	}
	defer r.forget(ctx)
	return r.do(ctx, "record participants", func(ctx context.Context) error {
		_, err := r.pool.Exec(ctx, r.sql(`
			insert into {salt}.participants as had (topic, role, service, host, handler, version, type, source, language, first_seen, last_seen)
			select w.topic, w.role, w.service, w.host, w.handler, w.version, w.type, w.source, w.language, now(), now()
			from unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[])
				as w(topic, role, service, host, handler, version, type, source, language)
			on conflict (topic, role, service, host, handler, version) do update set
				type = coalesce(nullif(excluded.type, ''), had.type),
				source = coalesce(nullif(excluded.source, ''), had.source),
				language = coalesce(nullif(excluded.language, ''), had.language),
				last_seen = greatest(had.last_seen, excluded.last_seen)`), args...)
		return err
	})
}

const (
	forgetAfter = 90 * 24 * time.Hour
	forgetEvery = time.Hour
)

// forget removes participants that were not seen for [forgetAfter]: a host is
// often a pod, and there are new ones every day. Once an hour, because it costs
// a look at the whole table; a failure waits for the next time.
func (r *Registry) forget(ctx context.Context) {
	due, now := r.forgetAt.Load(), time.Now()
	if now.UnixNano() < due || !r.forgetAt.CompareAndSwap(due, now.Add(forgetEvery).UnixNano()) {
		return
	}
	_ = r.do(ctx, "forget participants", func(ctx context.Context) error {
		_, err := r.pool.Exec(ctx, r.sql(`
			delete from {salt}.participants where ctid = any(array(
				select ctid from {salt}.participants where last_seen < $1 limit 10000 for update skip locked))`), now.Add(-forgetAfter))
		return err
	})
}

// identity orders participants as they are listed.
func identity(a, b *salt.Participant) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Service, b.Service),
		cmp.Compare(a.Host, b.Host), cmp.Compare(a.Handler, b.Handler), cmp.Compare(a.Version, b.Version))
}

// once keeps the last of each participant, since a statement may touch a row but
// once, in an order that is the same for everybody, so that nobody waits in a
// circle.
func once(seen []*salt.Participant) []*salt.Participant {
	all := slices.Clone(seen)
	slices.Reverse(all)
	slices.SortStableFunc(all, identity)
	return slices.CompactFunc(all, func(a, b *salt.Participant) bool { return identity(a, b) == 0 })
}

const selectParticipants = "select topic, role, service, host, handler, version, type, source, language, first_seen, last_seen from {salt}.participants "

func scanParticipant(row pgx.CollectableRow) (*salt.Participant, error) {
	p := new(salt.Participant)
	err := row.Scan(&p.Topic, &p.Role, &p.Service, &p.Host, &p.Handler, &p.Version, &p.Type, &p.Source, &p.Language, &p.FirstSeen, &p.LastSeen)
	if err != nil {
		return nil, err
	}
	p.FirstSeen, p.LastSeen = p.FirstSeen.UTC(), p.LastSeen.UTC()
	return p, nil
}

// participantsOf returns who was seen on topics lately, by topic: whom a verdict
// may name (see [salt.Check]).
func (r *Registry) participantsOf(ctx context.Context, q querier, topics []string) (map[string][]*salt.Participant, error) {
	rows, err := q.Query(ctx, r.sql(selectParticipants+"where topic = any($1::text[]) and last_seen > now() - interval '1 hour' order by topic, role, service, host, handler, version"), topics)
	if err != nil {
		return nil, err
	}
	all, err := pgx.CollectRows(rows, scanParticipant)
	if err != nil {
		return nil, err
	}
	by := map[string][]*salt.Participant{}
	for _, p := range all {
		by[p.Topic] = append(by[p.Topic], p)
	}
	return by, nil
}

// Participants yields who was seen, one statement for 1000. See
// [salt.RegistryStore].
func (r *Registry) Participants(ctx context.Context, topic string) iter.Seq2[*salt.Participant, error] {
	return pages(ctx, r, "list participants", topic, participantsPage, scanParticipant, func(last *salt.Participant) (string, []any) {
		order, args := "order by topic, role, service, host, handler, version limit ", []any{topic}
		if topic == "" && last == nil {
			return selectParticipants + order + "$1", nil
		}
		if last == nil {
			return selectParticipants + "where topic = $1 " + order + "$2", args
		}
		where := "where (topic, role, service, host, handler, version) > ($1, $2, $3, $4, $5, $6) "
		if topic != "" {
			where += "and topic = $1 "
		}
		return selectParticipants + where + order + "$7", []any{last.Topic, last.Role, last.Service, last.Host, last.Handler, last.Version}
	})
}
