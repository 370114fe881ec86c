package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/export"
	"github.com/celerysalt/salt/internal/gen"
)

// A definition is a spec and where a person can change it.
type definition struct {
	*salt.Spec

	file string // "" if unknown
	line int
}

// definitionFlags say which definitions.
type definitionFlags struct {
	packages       []string
	topic, version string
}

func (f *definitionFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringSliceVar(&f.packages, "package", nil, "Go `PACKAGES` that define events, such as ./events or ./...; repeatable")
	cmd.Flags().StringVar(&f.topic, "topic", "", "topic of a bare schema (default the file's name)")
	cmd.Flags().StringVar(&f.version, "version", "", "version of a bare schema (default what the file's name says, else v1)")
}

// definitions reads them from files and from Go packages, by topic and version.
func (a *app) definitions(ctx context.Context, f *definitionFlags, files []string) ([]*definition, error) {
	if len(files)+len(f.packages) == 0 {
		return nil, misusef("nothing to look at: name files of contracts, or Go packages with --package ./events")
	}
	var defs []*definition
	if len(files) > 0 {
		contracts, err := gen.Load(gen.LoadOptions{Topic: f.topic, Version: f.version}, files...)
		if err != nil {
			return nil, misuse{err}
		}
		for _, c := range contracts {
			file, pointer, _ := strings.Cut(c.Origin, "#")
			defs = append(defs, &definition{c.Spec(), file, lineOf(file, pointer)})
		}
	}
	if len(f.packages) > 0 {
		exported, err := a.exported(ctx, f.packages)
		if err != nil {
			return nil, err
		}
		defs = append(defs, exported...)
	}
	return unique(defs)
}

// exported reads the definitions of Go packages. What the program does not take
// to the registry is told and left out.
func (a *app) exported(ctx context.Context, packages []string) ([]*definition, error) {
	list, err := export.Definitions(ctx, "", packages...)
	if err != nil {
		return nil, err
	}
	var (
		defs []*definition
		kept []string
	)
	for _, d := range list {
		if d.Unregistered {
			kept = append(kept, d.Topic+" "+d.Version)
			continue
		}
		defs = append(defs, &definition{d.Spec, d.File, d.Line})
	}
	if len(kept) > 0 {
		fmt.Fprintf(a.err, "salt: left out, because of salt.NoRegister: %s\n", printable(strings.Join(kept, ", ")))
	}
	if len(defs) == 0 {
		return nil, fmt.Errorf("%s define nothing in salt.DefaultCatalog", strings.Join(packages, " "))
	}
	return defs, nil
}

// unique leaves one of equal definitions. Two that differ are a mistake that no
// registry needs to find.
func unique(defs []*definition) ([]*definition, error) {
	var list []*definition
	seen := map[[2]string]*definition{}
	for _, d := range defs {
		key := [2]string{d.Topic, d.Version}
		if have := seen[key]; have != nil {
			if err := salt.CompareSpecs(have.Spec, d.Spec); err != nil {
				return nil, misuse{err}
			}
			continue
		}
		seen[key] = d
		list = append(list, d)
	}
	return list, nil
}

// lineOf is the line of a JSON pointer in a file, 1 if it cannot be found.
func lineOf(file, pointer string) int {
	text, err := os.ReadFile(file) //nolint:gosec // it was read as a contract
	if err != nil || pointer == "" {
		return 1
	}
	dec := jsontext.NewDecoder(strings.NewReader(string(text)))
	for {
		if _, err := dec.ReadToken(); err != nil {
			return 1
		}
		if string(dec.StackPointer()) == pointer {
			return 1 + strings.Count(string(text[:dec.InputOffset()]), "\n")
		}
	}
}

// place is file:line for people, relative to where they are.
func (d *definition) place() string {
	if d.file == "" {
		return d.Source
	}
	if d.line == 0 {
		return shownFile(d.file)
	}
	return fmt.Sprintf("%s:%d", shownFile(d.file), d.line)
}

// shownFile is a file's path relative to the working directory, if it is in it.
func shownFile(file string) string {
	if dir, err := os.Getwd(); err == nil && filepath.IsAbs(file) {
		if rel, err := filepath.Rel(dir, file); err == nil && filepath.IsLocal(rel) {
			return rel
		}
	}
	return file
}
