package main

import (
	"bytes"
	"context"
	"fmt"
	"net/url"
	"os"
	"path/filepath"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
)

const schemaExportLong = `Write what Go packages define as contracts: the files that salt gen, salt schema
check and salt schema register read. Without --output it is one JSON document.

The packages are imported by a small program that is built and run here; what they
define in salt.DefaultCatalog, and what the packages define that they import, is
written. Nothing is written into the module, and its own go.mod decides about
versions. Package main cannot be asked: move definitions into a package that main
imports.`

func (a *app) schemaExportCommand() *cobra.Command {
	var (
		dir   string
		check bool
	)
	cmd := &cobra.Command{
		Use: "export PACKAGE…", Short: "Write the contracts of Go packages", Long: schemaExportLong,
		Example: `  salt schema export ./events > contracts.json
  salt schema export ./... -o schemas
  salt schema export ./... -o schemas --check    # in CI: fails if a file is not up to date`,
		Args: arguments(1, -1, "Go PACKAGEs, such as ./events or ./..."),
		RunE: a.action(func(ctx context.Context, packages []string) error {
			if check && dir == "" {
				return misusef("--check needs the directory, -o DIR")
			}
			defs, err := a.exported(ctx, packages)
			if err != nil {
				return err
			}
			if dir == "" {
				return a.exportDocument(defs)
			}
			return a.exportFiles(defs, dir, check)
		}),
	}
	cmd.Flags().StringVarP(&dir, "output", "o", "", "`DIRECTORY` for one file each (default one document on stdout)")
	cmd.Flags().BoolVar(&check, "check", false, "write nothing; exit 1 if a file is not what would be written")
	return cmd
}

func (a *app) exportDocument(defs []*definition) error {
	specs := make([]*salt.Spec, len(defs))
	for i, d := range defs {
		specs[i] = d.Spec
	}
	text, err := contractText(map[string]any{"contracts": specs})
	if err != nil {
		return err
	}
	return a.print(string(bytes.TrimSpace(text)))
}

func (a *app) exportFiles(defs []*definition, dir string, check bool) error {
	if !check {
		if err := os.MkdirAll(dir, 0o755); err != nil { //nolint:gosec // contracts are for everybody
			return fmt.Errorf("write the contracts: %w", err)
		}
	}
	changed := 0
	for _, d := range defs {
		text, err := contractText(d.Spec)
		if err != nil {
			return err
		}
		file := filepath.Join(dir, contractFile(d.Spec))
		have, err := os.ReadFile(file) //nolint:gosec // the person names the directory
		if err == nil && bytes.Equal(have, text) {
			continue
		}
		changed++
		switch {
		case check && err != nil:
			fmt.Fprintf(a.err, "salt: %s does not exist\n", printable(file))
			continue
		case check:
			fmt.Fprintf(a.err, "salt: %s is not up to date, first in line %d\n", printable(file), differs(have, text))
			continue
		}
		if err := writeWhole(file, text); err != nil {
			return fmt.Errorf("write the contracts: %w", err)
		}
	}
	if check && changed > 0 {
		return fmt.Errorf("%s of %d not up to date; run the same command without --check", count(changed, "contract"), len(defs))
	}
	if a.json {
		return a.printJSON(exportedFiles{dir, len(defs), changed})
	}
	if changed == 0 {
		return a.print(dir + " is up to date: " + count(len(defs), "contract"))
	}
	return a.print(fmt.Sprintf("wrote %s of %d to %s", count(changed, "contract"), len(defs), dir))
}

// exportedFiles is what --json prints.
type exportedFiles struct {
	Directory string `json:"directory"`
	Contracts int    `json:"contracts"`
	Changed   int    `json:"changed"`
}

// contractFile is user.created@v2.json, whatever the topic contains.
func contractFile(s *salt.Spec) string {
	return url.PathEscape(s.Topic) + "@" + s.Version + ".json"
}

// contractText writes for people and for version control: indented, and with
// members in their order.
func contractText(v any) ([]byte, error) {
	text, err := json.Marshal(v, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		return nil, fmt.Errorf("write the contracts: %w", err)
	}
	return append(text, '\n'), nil
}
