package salt

import (
	"slices"
	"strings"

	"github.com/celerysalt/salt/schema"
)

// A Compatibility is what a new version of a topic must keep, in Confluent's
// terms: BACKWARD, new readers read what old writers send; FORWARD, old readers
// read what new writers send; FULL, both. The transitive forms hold against
// every other version, the plain ones against the neighbours in version order.
// Answers travel the other way, so for response and error schemas the two
// directions are exchanged.
type Compatibility string

// The levels.
const (
	CompatibilityNone       Compatibility = "NONE"
	Backward                Compatibility = "BACKWARD"
	BackwardTransitive      Compatibility = "BACKWARD_TRANSITIVE"
	Forward                 Compatibility = "FORWARD"
	ForwardTransitive       Compatibility = "FORWARD_TRANSITIVE"
	FullCompatibility       Compatibility = "FULL"
	FullCompatibilityAlways Compatibility = "FULL_TRANSITIVE"
)

// DefaultCompatibility is forward and transitive, because a handler gets all
// versions that are newer than its own, and never an older one (see
// [Subscribe]). Versions that nobody reads by any more are deprecated.
const DefaultCompatibility = ForwardTransitive

func (c Compatibility) known() bool {
	switch c {
	case CompatibilityNone, Backward, BackwardTransitive, Forward, ForwardTransitive, FullCompatibility, FullCompatibilityAlways:
		return true
	}
	return false
}

func (c Compatibility) transitive() bool { return strings.HasSuffix(string(c), "_TRANSITIVE") }
func (c Compatibility) backward() bool {
	return strings.HasPrefix(string(c), "BACKWARD") || strings.HasPrefix(string(c), "FULL")
}
func (c Compatibility) forward() bool {
	return strings.HasPrefix(string(c), "FORWARD") || strings.HasPrefix(string(c), "FULL")
}

// A Verdict is what a registry says to a spec.
type Verdict struct {
	Topic   string `json:"topic"`
	Version string `json:"version"`

	// Action is what registering does: "create", "complete" (an equal version
	// gets a response or error schema that it lacked), "unchanged", or "refuse".
	Action string `json:"action"`

	Policy   Policy         `json:"policy"` // the effective one
	Conflict *ConflictError `json:"conflict,omitempty"`
	Checks   []Check        `json:"checks,omitempty"` // against other versions
}

// The actions of a [Verdict].
const (
	ActionCreate    = "create"
	ActionComplete  = "complete"
	ActionUnchanged = "unchanged"
	ActionRefuse    = "refuse"
)

// A Check is the comparison of one schema with that of another version.
type Check struct {
	Part    string `json:"part"`    // payload, response or error
	Against string `json:"against"` // the other version
	Writer  string `json:"writer"`  // the version whose data is read
	Reader  string `json:"reader"`  // the version of who reads

	Breaks []schema.Break `json:"breaks,omitempty"` // none: compatible

	// Hit are at most 50 of those seen in the last 30 minutes who would suffer:
	// readers of the version Reader, and of older ones whose schemas refuse the
	// data too; where Reader is the new version, writers of the version Writer.
	Hit []*Participant `json:"hit,omitempty"`
}

// Err returns the *[ConflictError] that a registry answers with, or nil.
func (v *Verdict) Err() error {
	if v.Conflict == nil {
		return nil
	}
	return v.Conflict
}

// Judge says what becomes of want in a registry that has these records of its
// topic, under the effective policy (see [Policy.Over]). seen are the topic's
// participants, for [Check.Hit]; nil will do. Deprecated versions are compared
// with nothing but their own version.
func Judge(p Policy, have []*Record, want *Spec, seen []*Participant) *Verdict {
	v := &Verdict{Topic: want.Topic, Version: want.Version, Policy: p, Action: ActionCreate}
	compared := want
	var older, newer []*Record
	for _, r := range have {
		switch order := CompareVersions(r.Version, want.Version); {
		case r.Version == want.Version:
			v.equal(r, want)
			if v.Action != ActionComplete {
				return v
			}
			compared = added(&r.Spec, want)
		case order == 0:
			v.refuse(&ConflictError{
				Topic: want.Topic, Version: want.Version, Part: "version", Have: r.Origin(), Want: want.Origin(),
				Differences: []schema.Difference{{Path: "version", Have: r.Version, Want: want.Version}},
			})
			return v
		case r.Deprecated != "":
		case order < 0:
			older = append(older, r)
		default:
			newer = append(newer, r)
		}
	}
	if !p.Compatibility.transitive() {
		older, newer = older[max(0, len(older)-1):], newer[:min(1, len(newer))]
	}
	j := &judging{Verdict: v, writer: want.Schema, have: have, seen: seen, suffers: map[string]bool{}}
	for _, r := range slices.Backward(older) { // the nearest first, it is the one to name
		j.compare(&r.Spec, compared, r.Version)
	}
	for _, r := range newer {
		j.compare(compared, &r.Spec, r.Version)
	}
	return v
}

// added is want without the schemas that are stored already: a policy that was
// tightened since does not concern them.
func added(have, want *Spec) *Spec {
	more := *want
	more.Schema = nil
	if have.Response != nil {
		more.Response = nil
	}
	if have.Error != nil {
		more.Error = nil
	}
	return &more
}

// equal judges a spec whose version is there.
func (v *Verdict) equal(have *Record, want *Spec) {
	if err := CompareSpecs(&have.Spec, want); err != nil {
		v.refuse(err.(*ConflictError)) //nolint:errcheck,errorlint // it returns nothing else
		return
	}
	v.Action = ActionUnchanged
	if have.Response == nil && want.Response != nil || have.Error == nil && want.Error != nil {
		v.Action = ActionComplete
	}
}

func (v *Verdict) refuse(c *ConflictError) {
	v.Action = ActionRefuse
	if v.Conflict == nil {
		v.Conflict = c
	}
}
