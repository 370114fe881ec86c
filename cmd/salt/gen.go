package main

import (
	"context"
	"fmt"
	"go/token"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
	"github.com/celerysalt/salt/internal/gen/python"
)

const genLong = `Write code from contracts: types whose schemas say what the contracts say, and
their definitions.

A contract is a file with a spec {"topic", "version", "mode", "doc", "exchange",
"schema", "response", "error"}, of which topic and schema are needed; an array of
specs, or {"contracts": [specs]}; or a bare JSON Schema, named after its topic:
user.created.json, user.created@v2.json. Directories are searched for *.json.

With --registry, or SALT_REGISTRY and a TOPIC, the contracts come from a registry
instead. A TOPIC is a topic or a pattern, and means the latest version unless one
is named: user.created@v2.

What a language cannot say is an error with the place, never another schema. What
is equal in meaning but written otherwise is told on stderr.`

const genGoLong = genLong + `

The code needs this module, and github.com/google/uuid if there are UUIDs.`

const genPythonLong = genLong + `

The module is for Python 3.10, celery-salt 1.5 and pydantic 2.`

// genFlags are those of both languages.
type genFlags struct {
	from, schemas  []string
	topic, version string
	style, output  string
	pkg            string // Go only
	check, force   bool
	registry       registryFlags
}

// A generator writes the code of one language.
type generator func(contracts []*gen.Contract, f *genFlags) (*gen.Output, error)

func (a *app) genCommand() *cobra.Command {
	inGo := a.genLanguage("go", "Write Go types and their definitions", genGoLong, golang.Class+" or "+golang.Simple, golang.Simple,
		`  salt gen go --package events -o events/contracts.go
  salt gen go --schemas schemas/user.created.json --style class
  salt gen go --from 'user.#' --from order.paid -o events/contracts.go
  salt gen go --registry https://registry.example.com 'user.#' order.paid@v2
  salt gen go -o events/contracts.go --check    # in CI: fails if the file is not up to date`,
		func(contracts []*gen.Contract, f *genFlags) (*gen.Output, error) {
			return golang.Generate(contracts, golang.Options{Package: f.packageName(), Style: f.style})
		})
	inPython := a.genLanguage("python", "Write a Python module for celery-salt", genPythonLong, python.Class+" or "+python.Decorator, python.Class,
		`  salt gen python -o events.py
  salt gen python --from 'user.#' --style decorator
  salt gen python --registry https://registry.example.com user.created
  salt gen python -o events.py --check    # in CI: fails if the file is not up to date`,
		func(contracts []*gen.Contract, f *genFlags) (*gen.Output, error) {
			return python.Generate(contracts, python.Options{Style: f.style})
		})
	return groupCommand("gen", "Write code from contracts", "  salt gen go --package events -o events/contracts.go\n  salt gen python -o events.py", inGo, inPython)
}

func (a *app) genLanguage(name, short, long, styles, style, example string, generate generator) *cobra.Command {
	var f genFlags
	cmd := &cobra.Command{
		Use: name + " [TOPIC…]", Short: short, Long: long, Example: example,
		Args: arguments(0, -1, "TOPICs"),
	}
	cmd.RunE = a.action(func(ctx context.Context, topics []string) error {
		fromFiles := cmd.Flags().Changed("schemas")
		return a.generate(ctx, &f, styles, generate, topics, fromFiles)
	})
	flags := cmd.Flags()
	f.registry.add(cmd)
	flags.StringSliceVar(&f.from, "from", nil, "`PATTERN` of topics, such as 'user.#'; several are separated by commas or repeated (default all)")
	flags.StringSliceVar(&f.schemas, "schemas", []string{"schemas"}, "`FILE` or directory of contracts; several as above")
	flags.StringVar(&f.topic, "topic", "", "topic of a bare schema (default the file's name)")
	flags.StringVar(&f.version, "version", "", "version of a bare schema (default what the file's name says, else v1)")
	flags.StringVar(&f.style, "style", style, "`STYLE` of the definitions: "+styles)
	flags.StringVarP(&f.output, "output", "o", "", "`FILE` to write (default stdout)")
	flags.BoolVar(&f.check, "check", false, "write nothing; exit 1 if the file is not what would be written")
	flags.BoolVar(&f.force, "force", false, "overwrite a file that was not generated")
	if name == "go" {
		flags.StringVar(&f.pkg, "package", "", "`NAME` of the package (default the output's directory, else contracts)")
	}
	return cmd
}

// packageName is the name of the directory that the file goes to, if it can be.
func (f *genFlags) packageName() string {
	if f.pkg != "" || f.output == "" {
		return f.pkg
	}
	dir, err := filepath.Abs(filepath.Dir(f.output))
	if name := filepath.Base(dir); err == nil && token.IsIdentifier(name) && strings.ToLower(name) == name {
		return name
	}
	return ""
}

// generated is what --json prints.
type generated struct {
	File      string   `json:"file"`
	Contracts int      `json:"contracts"`
	Changed   bool     `json:"changed"`
	Notes     []string `json:"notes"`
}

func (a *app) generate(ctx context.Context, f *genFlags, styles string, generate generator, topics []string, fromFiles bool) error {
	known := strings.Split(styles, " or ")
	switch {
	case f.style != known[0] && f.style != known[1]:
		return misusef("--style %q is neither %s nor %s", f.style, known[0], known[1])
	case f.check && f.output == "":
		return misusef("--check needs the file, -o FILE")
	case f.check && f.force:
		return misusef("--check writes nothing, so --force makes no sense with it")
	case f.pkg != "" && !token.IsIdentifier(f.pkg):
		return misusef("--package %q is no name for a Go package", f.pkg)
	}
	contracts, err := a.contracts(ctx, f, topics, fromFiles)
	if err != nil {
		return err
	}
	made, err := generate(contracts, f)
	if err != nil {
		return err
	}
	if !a.json {
		for _, note := range made.Notes {
			fmt.Fprintf(a.err, "salt: note: %s\n", printable(note))
		}
	}
	if f.output == "" {
		if _, err := a.out.Write(made.Source); err != nil {
			return fmt.Errorf("write the output: %w", err)
		}
		return nil
	}
	changed, err := f.deliver(made.Source)
	if err != nil {
		return err
	}
	switch {
	case a.json:
		return a.printJSON(generated{f.output, len(contracts), changed, append([]string{}, made.Notes...)})
	case !changed:
		return a.print(f.output + " is up to date: " + count(len(contracts), "contract"))
	}
	return a.print("wrote " + f.output + ": " + count(len(contracts), "contract"))
}
