package salt

import (
	"fmt"
	"strings"

	"github.com/celerysalt/salt/schema"
)

// A ConflictError is what a [Registry] refuses: one topic and version with two
// different schemas, or a new version that breaks the topic's [Policy]. The
// second kind has a Level and Breaks, the first Differences.
type ConflictError struct {
	Topic   string `json:"topic"`
	Version string `json:"version"`
	Part    string `json:"part"` // "payload", "response", "error", "mode", "version"

	Have        string              `json:"have,omitempty"` // where each side comes from: Go type and file:line
	Want        string              `json:"want,omitempty"`
	Differences []schema.Difference `json:"differences,omitempty"`

	Level   Compatibility  `json:"level,omitempty"`
	Against string         `json:"against,omitempty"` // the version that it is not compatible with
	Writer  string         `json:"writer,omitempty"`  // the version whose data is refused
	Reader  string         `json:"reader,omitempty"`  // by readers of this one
	Breaks  []schema.Break `json:"breaks,omitempty"`
	Hit     []*Participant `json:"hit,omitempty"` // see [Check.Hit]
}

func (e *ConflictError) Error() string {
	var b strings.Builder
	if e.Level != "" {
		e.evolution(&b)
		return b.String()
	}
	fmt.Fprintf(&b, "topic %q version %q has two different schemas (%s):\n\t%s\n\t%s", e.Topic, e.Version, e.Part, e.Have, e.Want)
	listed(&b, e.Differences)
	b.WriteString("\ngive one of them another topic or version")
	return b.String()
}

func (e *ConflictError) evolution(b *strings.Builder) {
	fmt.Fprintf(b, "topic %q version %q is not compatible with %s: the topic is %s, but the %s that %s writes can be refused by readers of %s:",
		e.Topic, e.Version, e.Against, e.Level, e.Part, e.Writer, e.Reader)
	listed(b, e.Breaks)
	for i, p := range e.Hit {
		if i == 5 {
			fmt.Fprintf(b, "\n\t… and %d more", len(e.Hit)-i)
			break
		}
		fmt.Fprintf(b, "\n\thits %s %s of %s on %s", p.Role, p.Handler, p.Service, p.Host)
	}
	fmt.Fprintf(b, "\nmend %s, for %s never changes; or take another topic, deprecate %s, or change the topic's compatibility", e.Version, e.Against, e.Against)
}

// listed writes the first of a list, one a line.
func listed[T fmt.Stringer](b *strings.Builder, all []T) {
	for i, one := range all {
		if i == 5 {
			fmt.Fprintf(b, "\n\t… and %d more", len(all)-i)
			return
		}
		b.WriteString("\n\t" + one.String())
	}
}
