package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

const schemaShowLong = `Show one version of a topic, the latest by default: where it comes from, its
rules, and its schemas.

With --part only that schema is printed, for files and pipes.`

func (a *app) schemaShowCommand() *cobra.Command {
	var (
		f    registryFlags
		part string
	)
	cmd := &cobra.Command{
		Use: "show TOPIC [VERSION]", Short: "One version, with its schemas", Long: schemaShowLong,
		Example: `  salt schema show user.created
  salt schema show user.created v2 --json
  salt schema show user.created --part payload > user.schema.json`,
		Args: arguments(1, 2, "TOPIC and perhaps VERSION"),
		RunE: a.action(func(ctx context.Context, args []string) error {
			if part != "" && part != "payload" && part != "response" && part != "error" {
				return misusef("--part %q is none of payload, response, error", part)
			}
			return a.withStore(ctx, &f, func(ctx context.Context, store salt.RegistryStore) error {
				list, err := records(ctx, store, args[0])
				if err != nil {
					return err
				}
				r, err := versionOf(list, strings.Join(args[1:], ""))
				if err != nil {
					return err
				}
				if part != "" {
					return a.showPart(r, part)
				}
				rules, _, err := policy(ctx, store, r.Topic)
				if err != nil {
					return err
				}
				return a.showRecord(r, rules)
			})
		}),
	}
	f.add(cmd)
	cmd.Flags().StringVar(&part, "part", "", "print only this `SCHEMA`: payload, response or error")
	return cmd
}

// shownRecord is what --json prints.
type shownRecord struct {
	salt.Record `json:",inline"`

	Policy salt.Policy `json:"policy"` // the effective one
}

func (a *app) showRecord(r *salt.Record, rules salt.Policy) error {
	if a.json {
		return a.printJSON(shownRecord{*r, rules})
	}
	p := a.palette()
	t := table{head: []string{"", ""}, paint: func(_, column int, text string) string {
		if column == 0 {
			return p.dim(text)
		}
		return text
	}}
	t.add("topic", r.Topic)
	t.add("version", fmt.Sprintf("%s (number %d)", r.Version, r.Number))
	t.add("kind", string(r.Mode))
	for _, row := range [][2]string{
		{"doc", strings.Join(strings.Fields(r.Doc), " ")}, {"exchange", r.Exchange}, {"deprecated", r.Deprecated},
		{"defined by", strings.TrimSpace(r.Package + " " + r.Origin())},
	} {
		if row[1] != "" {
			t.add(row[0], row[1])
		}
	}
	t.add("registered", moment(r.RegisteredAt)+" by "+r.RegisteredBy)
	t.add("rules", fmt.Sprintf("%s, %s readers", rules.Compatibility, rules.Readers))
	if rules.Owner != "" {
		t.add("owner", rules.Owner)
	}
	if err := a.printTable(&t); err != nil {
		return err
	}
	for _, part := range partsOf(&r.Spec) {
		id := map[string]int64{"payload": r.SchemaID, "response": r.ResponseID, "error": r.ErrorID}[part.name]
		if err := a.print("\n" + p.bold(part.name) + p.dim(fmt.Sprintf(" (schema %d)", id))); err != nil {
			return err
		}
		if err := a.printSchema(part.schema); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) showPart(r *salt.Record, name string) error {
	for _, part := range partsOf(&r.Spec) {
		if part.name == name {
			return a.printSchema(part.schema)
		}
	}
	return fmt.Errorf("%s %s has no %s schema", r.Topic, r.Version, name)
}

func (a *app) printSchema(s *schema.Schema) error {
	text := jsontext.Value(s.String())
	if !a.json {
		if err := text.Indent(jsontext.WithIndent("  ")); err != nil {
			return fmt.Errorf("print the schema: %w", err)
		}
	}
	if !isTerminal(a.out) {
		return a.print(string(text))
	}
	lines := strings.Split(string(text), "\n")
	for i := range lines {
		lines[i] = printable(lines[i])
	}
	return a.print(strings.Join(lines, "\n"))
}

// A specPart is one of a spec's schemas.
type specPart struct {
	name   string
	schema *schema.Schema
}

// partsOf lists the schemas that there are.
func partsOf(s *salt.Spec) []specPart {
	var parts []specPart
	for _, p := range []specPart{{"payload", s.Schema}, {"response", s.Response}, {"error", s.Error}} {
		if p.schema != nil {
			parts = append(parts, p)
		}
	}
	return parts
}
