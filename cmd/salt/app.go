package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/rabbitmq"
)

// The exit codes, as "salt --help" documents them.
const (
	exitOK     = 0
	exitFailed = 1
	exitMisuse = 2
	exitRefuse = 3
)

// app is one run of the command line, with everything it touches of the world.
type app struct {
	in       io.Reader
	out, err io.Writer
	env      func(string) string

	// open makes the transport of a command. Tests put an inmem one here.
	open func(url string, o *rabbitmq.Options) (salt.Transport, error)

	// The global flags.
	url           string
	json, verbose bool

	began bool // a command's own code was reached: what fails now is no misuse
}

// misuse is an error of the person at the keyboard: the command line, or a file
// it names, makes no sense. Nothing was tried.
type misuse struct{ error }

func (m misuse) Unwrap() error { return m.error }

func misusef(format string, args ...any) error { return misuse{fmt.Errorf(format, args...)} }

// errReported ends a command whose output has told already what failed.
var errReported = errors.New("failed")

// errRefused ends a command whose output has told what a registry refuses.
var errRefused = errors.New("refused")

// run executes one command line and returns the exit code. Errors are one
// sentence on stderr.
func (a *app) run(ctx context.Context, args []string) int {
	hidden := newRedactor(append([]string{a.env("SALT_URL"), a.env("SALT_RESULTS"), a.env("SALT_REGISTRY")}, args...)...)
	a.err = &redactingWriter{to: a.err, hide: hidden}
	root := a.rootCommand()
	root.SetArgs(slices.Concat([]string{}, args)) // never nil, which is os.Args to cobra
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	cmd, err := root.ExecuteContextC(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errReported):
		return exitFailed
	case errors.Is(err, errRefused):
		return exitRefuse
	}
	_, mistake := errors.AsType[misuse](err)
	if mistake = mistake || !a.began; mistake {
		fmt.Fprintf(a.err, "salt: %s; see %s --help\n", oneSentence(err), cmd.CommandPath())
		return exitMisuse
	}
	fmt.Fprintf(a.err, "salt: %s\n", oneSentence(withRemedy(err)))
	if _, refused := errors.AsType[*salt.ConflictError](err); refused {
		return exitRefuse // somebody registered between the look and the leap
	}
	return exitFailed
}

// oneSentence takes off what the line has already or must not have.
func oneSentence(err error) string {
	text := strings.TrimPrefix(err.Error(), "salt: ")
	return strings.TrimRight(text, ".\n")
}

// action is the body of a command. Errors before it are the command line's.
func (a *app) action(body func(ctx context.Context, args []string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		a.began = true
		return body(cmd.Context(), args)
	}
}

const rootLong = `Salt carries typed, schema-registered events and RPC over RabbitMQ, and speaks
the same language as Python's celery-salt.

Commands that need a broker take its address from --url, else from the
environment variable SALT_URL, else amqp://guest:guest@localhost:5672/; commands
that need a schema registry take it from --registry, else from SALT_REGISTRY.
Prefer the variables for passwords: the arguments of a process can be read by
others. No command ever prints a password.

Exit codes:
  0  it worked
  1  the operation failed: broker away, invalid payload, an RPC error, a finding
  2  misuse: the command line, or a file it names, makes no sense
  3  the registry refuses a definition, or would: schema register, schema check

Colours appear on a terminal only, and never with NO_COLOR set.`

func (a *app) rootCommand() *cobra.Command {
	root := &cobra.Command{
		Use:     "salt",
		Short:   "Events and RPC over RabbitMQ: demo, tools, diagnosis",
		Long:    rootLong,
		Example: "  salt demo\n  salt listen 'user.#'\n  salt publish user.signup.completed '{\"user_id\": 7}'",
		Version: buildVersion().String(),

		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          onlySubcommands,
		RunE:          func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	root.SetVersionTemplate("{{.Version}}\n")
	root.CompletionOptions.HiddenDefaultCmd = true
	flags := root.PersistentFlags()
	flags.StringVar(&a.url, "url", "", "the broker, amqp://user:password@host:5672/vhost (default $SALT_URL, else localhost)")
	flags.BoolVar(&a.json, "json", false, "output for programs: JSON objects")
	flags.BoolVar(&a.verbose, "verbose", false, "log to stderr what happens underneath")
	root.AddCommand(
		a.demoCommand(), a.publishCommand(), a.callCommand(), a.listenCommand(), a.bridgeCommand(),
		a.wireCommand(), a.schemaCommand(), a.genCommand(), a.registryCommand(), a.doctorCommand(), a.versionCommand(),
	)
	root.SetHelpCommand(helpCommand())
	return root
}

// groupCommand holds subcommands and does nothing itself.
func groupCommand(use, short, example string, subs ...*cobra.Command) *cobra.Command {
	group := &cobra.Command{
		Use: use, Short: short, Example: example, Args: onlySubcommands,
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	group.AddCommand(subs...)
	return group
}

// onlySubcommands refuses what is no subcommand, with a guess at what was meant.
// The word is not repeated when it may be a URL with a password.
func onlySubcommands(cmd *cobra.Command, args []string) error {
	switch {
	case len(args) == 0:
		return nil
	case strings.Contains(args[0], "://"):
		return errors.New("a URL is no command; the broker's address goes into --url or SALT_URL")
	}
	cmd.SuggestionsMinimumDistance = 2
	if near := cmd.SuggestionsFor(args[0]); len(near) > 0 {
		return fmt.Errorf("no command %q; the nearest is %s", args[0], strings.Join(near, " or "))
	}
	return fmt.Errorf("no command %q", args[0])
}

// helpCommand replaces cobra's own, which takes an unknown topic for a success.
func helpCommand() *cobra.Command {
	return &cobra.Command{
		Use: "help [COMMAND]", Short: "Help about a command", Example: "  salt help publish",
		RunE: func(cmd *cobra.Command, args []string) error {
			about, rest, err := cmd.Root().Find(args)
			if err != nil {
				return err
			}
			if len(rest) > 0 {
				return onlySubcommands(about, rest)
			}
			about.InitDefaultHelpFlag()
			about.InitDefaultVersionFlag()
			return about.Help()
		},
	}
}

// arguments checks the number of arguments; usage names them.
func arguments(least, most int, usage string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		switch {
		case len(args) < least:
			return fmt.Errorf("%s needs %s", cmd.Name(), usage)
		case most >= 0 && len(args) > most:
			return fmt.Errorf("%s takes %s, got %d arguments (quote JSON for the shell)", cmd.Name(), usage, len(args))
		}
		return nil
	}
}
