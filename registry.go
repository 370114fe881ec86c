package salt

import (
	"context"
	"iter"

	"github.com/celerysalt/salt/schema"
)

// A Mode says whether a definition is broadcast or answered.
type Mode string

// The two modes.
const (
	ModeEvent Mode = "event"
	ModeRPC   Mode = "rpc"
)

// A Spec is what a definition says, free of Go types: what the catalog holds
// and a [Registry] stores. It is immutable.
type Spec struct {
	Topic    string `json:"topic"`
	Version  string `json:"version"`
	Mode     Mode   `json:"mode"`
	Doc      string `json:"doc,omitempty"`
	Exchange string `json:"exchange,omitempty"`

	Schema   *schema.Schema `json:"schema"`             // the payload's
	Response *schema.Schema `json:"response,omitempty"` // RPC only
	Error    *schema.Schema `json:"error,omitempty"`    // RPC only

	// Provenance of the definition: Go import path, type name, file:line.
	// None of it takes part in comparisons.
	Package string `json:"package,omitempty"`
	Type    string `json:"type,omitempty"`
	Source  string `json:"source,omitempty"`

	// Unregistered definitions are not taken to the registry.
	Unregistered bool `json:"-"`
}

// LatestVersion asks [Registry.Lookup] for the highest version by version
// order (not by time of registration).
const LatestVersion = "latest"

// A Registry stores the specs of all programs on a bus. Every registry passes
// salttest.TestRegistry. Safe for concurrent use, by any number of processes.
type Registry interface {
	// Register stores specs. What is there already with an equal schema is
	// left alone; a different schema at the same topic and version, and a new
	// version that breaks the topic's [Policy], is a *[ConflictError], and then
	// nothing of this call is stored. [ErrForbidden] means that the registry does
	// not let the caller store one of them, and then nothing is stored either.
	// Any other error means that the registry could not be reached.
	Register(ctx context.Context, specs ...*Spec) error

	// Lookup returns one spec, [ErrNotFound] if there is none. version may be
	// [LatestVersion].
	Lookup(ctx context.Context, topic, version string) (*Spec, error)

	// Specs yields all specs, by topic and then by version order.
	Specs(ctx context.Context) iter.Seq2[*Spec, error]
}
