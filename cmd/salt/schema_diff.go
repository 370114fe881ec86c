package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

const schemaDiffLong = `Compare two versions of a topic: what their schemas say differently, whether each
side's readers accept what the other side writes, and which compatibility the
second one keeps as the successor of the first.

Titles, descriptions and examples are not compared.`

// comparedParts is what --json prints.
type comparedParts struct {
	Topic   string               `json:"topic"`
	From    string               `json:"from"`
	To      string               `json:"to"`
	Readers schema.ReaderPolicy  `json:"readers"`
	Parts   []*comparedPart      `json:"parts"`
	Allowed []salt.Compatibility `json:"allowed"` // the levels under which To may follow From
}

type comparedPart struct {
	Part        string              `json:"part"`          // payload, response, error
	Only        string              `json:"only,omitzero"` // the version that has it, if just one does
	Differences []schema.Difference `json:"differences"`
	Directions  []direction         `json:"directions"`
}

// A direction is whether one version's readers accept what the other writes.
type direction struct {
	Writer string         `json:"writer"`
	Reader string         `json:"reader"`
	Breaks []schema.Break `json:"breaks"`
}

func (a *app) schemaDiffCommand() *cobra.Command {
	var (
		f       registryFlags
		readers string
	)
	cmd := &cobra.Command{
		Use: "diff TOPIC FROM TO", Short: "What two versions say differently, and who breaks", Long: schemaDiffLong,
		Example: "  salt schema diff user.created v1 v2\n  salt schema diff user.created v1 latest --readers strict",
		Args:    arguments(3, 3, "TOPIC and two versions"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			if err := (salt.Policy{Readers: schema.ReaderPolicy(readers)}).Check(); err != nil {
				return misuse{err}
			}
			return a.withStore(ctx, &f, func(ctx context.Context, store salt.RegistryStore) error {
				list, err := records(ctx, store, args[0])
				if err != nil {
					return err
				}
				from, err := versionOf(list, args[1])
				if err != nil {
					return err
				}
				to, err := versionOf(list, args[2])
				if err != nil {
					return err
				}
				rules, _, err := policy(ctx, store, from.Topic)
				if err != nil {
					return err
				}
				if readers != "" {
					rules.Readers = schema.ReaderPolicy(readers)
				}
				return a.printCompared(compareParts(&from.Spec, &to.Spec, rules.Readers))
			})
		}),
	}
	f.add(cmd)
	cmd.Flags().StringVar(&readers, "readers", "", "take readers to be lenient or strict (default the topic's `POLICY`)")
	return cmd
}

func compareParts(from, to *salt.Spec, readers schema.ReaderPolicy) *comparedParts {
	c := &comparedParts{Topic: from.Topic, From: from.Version, To: to.Version, Readers: readers}
	for _, s := range []specPart{{"payload", nil}, {"response", nil}, {"error", nil}} {
		a, b := partNamed(from, s.name), partNamed(to, s.name)
		part := &comparedPart{Part: s.name, Differences: []schema.Difference{}, Directions: []direction{}}
		switch {
		case a == nil && b == nil:
			continue
		case b == nil:
			part.Only = from.Version
		case a == nil:
			part.Only = to.Version
		default:
			part.Differences = append(part.Differences, schema.Diff(a, b)...)
			part.Directions = []direction{
				{from.Version, to.Version, append([]schema.Break{}, schema.Breaks(a, b, readers)...)},
				{to.Version, from.Version, append([]schema.Break{}, schema.Breaks(b, a, readers)...)},
			}
		}
		c.Parts = append(c.Parts, part)
	}
	c.Allowed = []salt.Compatibility{salt.CompatibilityNone}
	for _, level := range []salt.Compatibility{salt.Backward, salt.Forward, salt.FullCompatibility} {
		have := []*salt.Record{{Spec: *from}}
		later := *to
		if salt.CompareVersions(from.Version, to.Version) > 0 {
			later.Version = from.Version + ".1" // asked the other way round: as if it came next
		}
		if salt.Judge(salt.Policy{Compatibility: level, Readers: readers}, have, &later, nil).Conflict == nil {
			c.Allowed = append(c.Allowed, level)
		}
	}
	return c
}

func partNamed(s *salt.Spec, name string) *schema.Schema {
	for _, p := range partsOf(s) {
		if p.name == name {
			return p.schema
		}
	}
	return nil
}

func (a *app) printCompared(c *comparedParts) error {
	if a.json {
		return a.printJSON(c)
	}
	p := a.palette()
	var b strings.Builder
	for _, part := range c.Parts {
		b.WriteString(p.bold(part.Part) + "\n")
		switch {
		case part.Only != "":
			fmt.Fprintf(&b, "  only %s has it\n", part.Only)
			continue
		case len(part.Differences) == 0:
			b.WriteString("  the same\n")
			continue
		}
		for _, d := range part.Differences {
			fmt.Fprintf(&b, "  %s: %s -> %s\n", printable(cmp.Or(d.Path, "the schema")), printable(d.Have), printable(d.Want))
		}
		for _, d := range part.Directions {
			verdict := p.green("yes")
			if len(d.Breaks) > 0 {
				verdict = p.red("no")
			}
			fmt.Fprintf(&b, "  %s readers accept what %s writes: %s\n", d.Reader, d.Writer, verdict)
			writeBreaks(&b, p, "    ", d.Breaks)
		}
	}
	fmt.Fprintf(&b, "%s may follow %s under %s", c.To, c.From, joined(c.Allowed))
	return a.print(b.String())
}

// writeBreaks writes each break on two lines: what, and the way out.
func writeBreaks(b *strings.Builder, p palette, indent string, breaks []schema.Break) {
	for _, br := range breaks {
		fmt.Fprintf(b, "%s%s: %s: the writer may send %s, the reader accepts %s\n", indent, printable(cmp.Or(br.Path, "the whole")), br.Rule, printable(br.Writer), printable(br.Reader))
		if br.Fix != "" {
			fmt.Fprintf(b, "%s  %s %s\n", indent, p.bold("fix:"), printable(br.Fix))
		}
	}
}

func joined(levels []salt.Compatibility) string {
	var names []string
	for _, l := range levels {
		names = append(names, string(l))
	}
	return strings.Join(names, ", ")
}
