package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
)

const schemaSources = `Definitions come from files of contracts (see salt gen --help; salt schema export
writes them), or with --package from Go packages, which are built and whose
initialisation is run, without the variables SALT_* and PG*. Package main cannot be
asked, since nothing can import it.`

const schemaCheckLong = `Say what registering would do, without doing it: the gate for CI. Of each
definition that the registry would refuse it tells the fields, both sides, who was
seen to use the other version, and the way out.

` + schemaSources + `

A directory that holds no registry is an error, since it may be a typing error;
with --allow-empty it counts as a registry without topics, as the first change of a
repository needs it. Nothing is written into a directory.

With --json one verdict a line, where "registered" says whether the registry has
the definition; with --github also an annotation at the source of each refused
definition, as GitHub Actions reads them.

Exit code 0 nothing is refused, 3 something is, 1 the packages do not build or the
registry cannot be asked, 2 the command line or a file makes no sense.`

func (a *app) schemaCheckCommand() *cobra.Command {
	var (
		f      registryFlags
		which  definitionFlags
		github bool
	)
	cmd := &cobra.Command{
		Use: "check FILE… | --package PACKAGE…", Short: "Would the registry take these definitions?", Long: schemaCheckLong,
		Example: `  salt schema check --package ./events --registry https://registry.example.com
  salt schema check schemas/ --json
  salt schema check --package ./... --github    # in GitHub Actions`,
		Args: arguments(0, -1, "FILEs"),
		RunE: a.action(func(ctx context.Context, files []string) error {
			if github && a.json {
				return misusef("--github is for people and --json for programs; choose one")
			}
			return a.withStore(ctx, &f, func(ctx context.Context, store salt.RegistryStore) error {
				defs, err := a.definitions(ctx, &which, files)
				if err != nil {
					return err
				}
				list, err := judgeAll(ctx, store, defs)
				if err != nil {
					return err
				}
				return a.printVerdicts(list, verdictForm{github: github}, map[string]string{
					salt.ActionCreate: "new", salt.ActionComplete: "completes", salt.ActionUnchanged: "unchanged", salt.ActionRefuse: "REFUSED",
				})
			})
		}),
	}
	f.add(cmd)
	which.add(cmd)
	cmd.Flags().BoolVar(&f.empty, "allow-empty", false, "a directory without a registry counts as an empty one")
	cmd.Flags().BoolVar(&github, "github", false, "print annotations for GitHub Actions")
	return cmd
}

const schemaRegisterLong = `Register definitions: all of them or, if one is refused, none. What is there
already with an equal schema is left alone. Services do this themselves when they
start; the command is for contracts of services in other languages, and for
pipelines that register before they deploy.

` + schemaSources + `

With --json one verdict a line, where "registered" says whether the registry has
the definition now: if one is refused, what was not there before is not there.

Exit code 0 done, 3 refused, 1 the packages do not build or the registry cannot be
asked, 2 the command line or a file makes no sense.`

func (a *app) schemaRegisterCommand() *cobra.Command {
	var (
		f     registryFlags
		which definitionFlags
		dry   bool
	)
	cmd := &cobra.Command{
		Use: "register FILE… | --package PACKAGE…", Short: "Register definitions, all or none", Long: schemaRegisterLong,
		Example: `  salt schema register schemas/user.created.json
  salt schema register --package ./events --actor ci/4711
  salt schema register schemas/ --dry-run    # as salt schema check`,
		Args: arguments(0, -1, "FILEs"),
		RunE: a.action(func(ctx context.Context, files []string) error {
			if dry { // and the registry is not made either
				f.access, f.empty = mayRead, true
			}
			return a.withStore(ctx, &f, func(ctx context.Context, store salt.RegistryStore) error {
				defs, err := a.definitions(ctx, &which, files)
				if err != nil {
					return err
				}
				return a.register(ctx, store, defs, dry)
			})
		}),
	}
	f.addActor(cmd)
	which.add(cmd)
	cmd.Flags().BoolVar(&dry, "dry-run", false, "only say what would be done")
	return cmd
}

func (a *app) register(ctx context.Context, store salt.RegistryStore, defs []*definition, dry bool) error {
	list, err := judgeAll(ctx, store, defs)
	if err != nil {
		return err
	}
	words := map[string]string{
		salt.ActionCreate: "registered", salt.ActionComplete: "completed", salt.ActionUnchanged: "unchanged", salt.ActionRefuse: "REFUSED",
	}
	if dry {
		words[salt.ActionCreate], words[salt.ActionComplete] = "new", "completes"
		return a.printVerdicts(list, verdictForm{}, words)
	}
	specs := make([]*salt.Spec, len(defs))
	done := true
	for i, j := range list {
		if specs[i] = j.Spec; j.Action == salt.ActionRefuse {
			done = false
			words[salt.ActionCreate], words[salt.ActionComplete] = "not registered", "not completed"
		}
	}
	if done {
		if err := store.Register(ctx, specs...); err != nil {
			return err
		}
	}
	return a.printVerdicts(list, verdictForm{done: done}, words)
}
