package salt

import (
	"cmp"
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

	// Where each side comes from: Go type and file:line. Have is what is there,
	// in the registry or defined before, Want what came now.
	Have        string              `json:"have,omitempty"`
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
	fmt.Fprintf(&b, "topic %q version %q has two different schemas (%s):\n\tthere: %s\n\there:  %s", e.Topic, e.Version, e.Part, e.Have, e.Want)
	for i, d := range e.Differences {
		if more(&b, i, len(e.Differences)) {
			break
		}
		fmt.Fprintf(&b, "\n\t%s: there %s, here %s", cmp.Or(d.Path, "(root)"), d.Have, d.Want)
	}
	b.WriteString("\na version has one schema for ever: give the new one another version or topic")
	return b.String()
}

func (e *ConflictError) evolution(b *strings.Builder) {
	fmt.Fprintf(b, "topic %q version %q is not compatible with %s: the topic is %s, but the %s that %s writes can be refused by readers of %s:",
		e.Topic, e.Version, e.Against, e.Level, e.Part, e.Writer, e.Reader)
	for i, broken := range e.Breaks {
		if more(b, i, len(e.Breaks)) {
			break
		}
		b.WriteString("\n\t" + broken.String())
	}
	for i, p := range e.Hit {
		if more(b, i, len(e.Hit)) {
			break
		}
		fmt.Fprintf(b, "\n\thits %s %s (%s) of %s on %s", p.Role, p.Handler, cmp.Or(p.Version, "all versions"), p.Service, p.Host)
	}
	fmt.Fprintf(b, "\nmend %s, for %s never changes; or take another topic, deprecate %s, or change the topic's compatibility", e.Version, e.Against, e.Against)
}

// more ends a list that is long enough for an error.
func more(b *strings.Builder, i, n int) bool {
	const most = 5
	if i < most {
		return false
	}
	fmt.Fprintf(b, "\n\t… and %d more", n-i)
	return true
}
