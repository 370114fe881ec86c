package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt/schema"
)

const schemaValidateLong = `Check a payload against a JSON Schema, as Salt does on publish and on receive.

The payload is a file, JSON given as the argument itself, or stdin. Schemas are
draft 2020-12: Salt's own, Pydantic's, or written by hand. An invalid payload
gives one line per error: JSON pointer, rule, and what was expected and found.
Values are never printed.

Exit code 0 valid, 1 invalid, 2 the schema or the command line makes no sense.`

// validated is what --json prints.
type validated struct {
	Valid   bool         `json:"valid"`
	Errors  []fieldError `json:"errors"`
	Omitted int          `json:"omitted,omitzero"` // errors beyond the first hundred
}

type fieldError struct {
	schema.FieldError
	Message string `json:"message"`
}

func (a *app) schemaCommand() *cobra.Command {
	var file string
	validate := &cobra.Command{
		Use:   "validate --schema FILE [PAYLOAD|-]",
		Short: "Check a payload against a schema",
		Long:  schemaValidateLong,
		Example: `  salt schema validate --schema user.schema.json payload.json
  salt schema validate --schema user.schema.json '{"user_id": 7}'
  curl -s https://example.com/user/7 | salt schema validate --schema user.schema.json`,
		Args: arguments(0, 1, "at most one PAYLOAD"),
		RunE: a.action(func(_ context.Context, args []string) error {
			if file == "" {
				return misusef("--schema FILE is missing")
			}
			if file == stdinName && (len(args) == 0 || args[0] == stdinName) {
				return misusef("schema and payload cannot both come from stdin")
			}
			return a.validate(file, args)
		}),
	}
	validate.Flags().StringVar(&file, "schema", "", "the schema's `FILE` (\"-\" for stdin)")
	return groupCommand("schema", "JSON Schemas, in files and in a registry",
		"  salt schema check --package ./events    # in CI: would the registry take them?\n  salt schema list\n  salt schema validate --schema user.schema.json payload.json",
		a.schemaListCommand(), a.schemaShowCommand(), a.schemaHistoryCommand(), a.schemaDiffCommand(), a.schemaWhoCommand(),
		a.schemaDeprecateCommand(), a.schemaPolicyCommand(), a.schemaRegisterCommand(), a.schemaCheckCommand(), a.schemaExportCommand(), validate)
}

func (a *app) validate(file string, args []string) error {
	text, err := a.document([]string{file}, "schema", false)
	if err != nil {
		return err
	}
	s, err := schema.Parse(text)
	if err != nil {
		return misusef("schema %s: %w", file, err)
	}
	doc, err := a.document(args, "payload", true)
	if err != nil {
		return err
	}
	err = s.Validate(doc)
	bad, invalid := errors.AsType[*schema.Error](err)
	if err != nil && !invalid {
		return misusef("schema %s: %w", file, err)
	}
	if err := a.printValidated(bad); err != nil {
		return err
	}
	if invalid {
		return errReported
	}
	return nil
}

// printValidated prints the errors, or that there is none. They are the
// command's answer and go to stdout.
func (a *app) printValidated(bad *schema.Error) error {
	if a.json {
		v := validated{Valid: bad == nil, Errors: []fieldError{}}
		if bad != nil {
			v.Omitted = bad.Omitted
			for _, f := range bad.Fields {
				v.Errors = append(v.Errors, fieldError{f, message(f)})
			}
		}
		return a.printJSON(v)
	}
	if bad == nil {
		return a.print("valid")
	}
	for _, f := range bad.Fields {
		if err := a.print(f.Error()); err != nil {
			return err
		}
	}
	if bad.Omitted > 0 {
		fmt.Fprintf(a.err, "salt: and %s more\n", count(bad.Omitted, "error"))
	}
	return nil
}

func message(f schema.FieldError) string { return "expected " + f.Expected + ", got " + f.Got }
