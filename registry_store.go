package salt

import (
	"cmp"
	"context"
	"fmt"
	"iter"
	"time"

	"github.com/celerysalt/salt/schema"
)

// A RegistryStore is a [Registry] with what people and tools ask of one: rules,
// provenance, history. Stores judge every new version by [Judge] and refuse
// what breaks the topic's [Policy]. Every store passes
// salttest.TestRegistryStore. Safe for concurrent use, by any number of
// processes.
type RegistryStore interface {
	Registry

	// Records yields what is stored of one topic, of all topics if it is empty,
	// by topic and then by version order. An unknown topic yields nothing.
	Records(ctx context.Context, topic string) iter.Seq2[*Record, error]

	// SchemaByID returns the schema text with the id of a [Record], or
	// [ErrNotFound].
	SchemaByID(ctx context.Context, id int64) (*schema.Schema, error)

	// Policy returns what was set for the topic, or for the whole registry if it
	// is empty. Fields that were not set are empty; see [Policy.Over].
	Policy(ctx context.Context, topic string) (Policy, error)

	// SetPolicy replaces the policy of a topic, which need not have versions
	// yet, or of the whole registry if topic is empty.
	SetPolicy(ctx context.Context, topic string, p Policy) error

	// Deprecate marks a version with a note for its users; an empty note lifts
	// the mark. [ErrNotFound] if there is no such version.
	Deprecate(ctx context.Context, topic, version, note string) error

	// See records that participants are there now. What is known of one is
	// kept; LastSeen advances. Topics need not be registered.
	See(ctx context.Context, seen ...*Participant) error

	// Participants yields who was seen on one topic, on all if it is empty, by
	// topic, role, service, host and handler.
	Participants(ctx context.Context, topic string) iter.Seq2[*Participant, error]

	// History yields every change of one topic, of all if it is empty, oldest
	// first. Nothing is ever removed from it.
	History(ctx context.Context, topic string) iter.Seq2[*Change, error]

	// Close releases what the store holds. Calls after it fail.
	Close() error
}

// A Record is a stored spec.
type Record struct {
	Spec

	// Number counts the versions of the topic in the order in which they were
	// registered, from 1. It never changes.
	Number int `json:"number"`

	// The ids of the schemas: one id for each text, in the whole registry, from
	// 1. Equal texts share one. 0 where there is no schema.
	SchemaID   int64 `json:"schema_id"`
	ResponseID int64 `json:"response_id,omitzero"`
	ErrorID    int64 `json:"error_id,omitzero"`

	RegisteredAt time.Time `json:"registered_at"`
	RegisteredBy string    `json:"registered_by"`

	// Deprecated is the note of [RegistryStore.Deprecate], "" if it is not.
	Deprecated string `json:"deprecated,omitempty"`
}

// A Role is what a participant does with a topic.
type Role string

// The roles. Callers and servers are of requests.
const (
	RolePublisher  Role = "publisher"
	RoleSubscriber Role = "subscriber"
	RoleCaller     Role = "caller"
	RoleServer     Role = "server"
)

// A Participant is a program that was seen to use a topic. Topic, Version,
// Role, Service, Host and Handler together are its identity.
type Participant struct {
	Topic   string `json:"topic"` // a pattern of a subscriber is a topic of its own
	Version string `json:"version"`
	Role    Role   `json:"role"`
	Service string `json:"service"`
	Host    string `json:"host"`
	Handler string `json:"handler,omitempty"` // of subscribers and servers

	Type     string `json:"type,omitempty"`     // Go type or Python class
	Source   string `json:"source,omitempty"`   // file:line
	Language string `json:"language,omitempty"` // "go", "python"

	FirstSeen time.Time `json:"first_seen"` // set by the store
	LastSeen  time.Time `json:"last_seen"`  // set by the store
}

// A Change is an entry of the history. It is never altered.
type Change struct {
	Seq     int64     `json:"seq"` // grows; gaps are legal
	At      time.Time `json:"at"`
	By      string    `json:"by"` // see [WithActor]
	Kind    string    `json:"kind"`
	Topic   string    `json:"topic,omitempty"`
	Version string    `json:"version,omitempty"`
	Detail  string    `json:"detail,omitempty"` // for people: "response added", "compatibility FORWARD -> NONE"
}

// The kinds of changes.
const (
	ChangeRegistered = "registered" // a new version
	ChangeCompleted  = "completed"  // a response or error schema was added to a version
	ChangePolicy     = "policy"
	ChangeDeprecated = "deprecated"
	ChangeRestored   = "restored" // no longer deprecated
)

type actorKey struct{}

// WithActor says who makes the changes that are made with the context: a
// service, a person, a CI job. Stores write it into records and the history.
func WithActor(ctx context.Context, actor string) context.Context {
	return context.WithValue(ctx, actorKey{}, actor)
}

// Actor returns what [WithActor] set, or "unknown".
func Actor(ctx context.Context) string {
	actor, _ := ctx.Value(actorKey{}).(string)
	return cmp.Or(actor, "unknown")
}

// A Policy is the rules for the versions of a topic.
type Policy struct {
	// Compatibility that a new version must keep. Empty: that of the whole
	// registry, which is [DefaultCompatibility] if nothing else was set.
	Compatibility Compatibility `json:"compatibility,omitempty"`

	// Readers says what readers do with unknown members. Empty: that of the
	// whole registry, which is lenient if nothing else was set.
	Readers schema.ReaderPolicy `json:"readers,omitempty"`

	// Owner is a team or a person, for people who must ask somebody.
	Owner string `json:"owner,omitempty"`
}

// Over returns p with its empty rules filled in from the registry-wide policy,
// and then from the defaults.
func (p Policy) Over(whole Policy) Policy {
	p.Compatibility = cmp.Or(p.Compatibility, whole.Compatibility, DefaultCompatibility)
	p.Readers = cmp.Or(p.Readers, whole.Readers, schema.ReadersIgnoreUnknown)
	p.Owner = cmp.Or(p.Owner, whole.Owner)
	return p
}

// Check returns an error for a level or reader policy that does not exist.
func (p Policy) Check() error {
	if p.Compatibility != "" && !p.Compatibility.known() {
		return fmt.Errorf("compatibility %q is none of NONE, BACKWARD, BACKWARD_TRANSITIVE, FORWARD, FORWARD_TRANSITIVE, FULL, FULL_TRANSITIVE", p.Compatibility)
	}
	switch p.Readers {
	case "", schema.ReadersIgnoreUnknown, schema.ReadersStrict:
		return nil
	}
	return fmt.Errorf("reader policy %q is neither lenient nor strict", p.Readers)
}
