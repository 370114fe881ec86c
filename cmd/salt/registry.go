package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/spf13/cobra"
)

func (a *app) registryCommand() *cobra.Command {
	return groupCommand("registry", "A schema registry over HTTP",
		"  salt registry serve --store postgres://salt@db/salt --tokens tokens.json\n  salt registry token ci --write --prefix order.",
		a.registryServeCommand(), a.registryTokenCommand())
}

const registryTokenLong = `Make a token for the registry's server. The token is printed once and kept
nowhere: give it to the program as SALT_REGISTRY_TOKEN. The line goes into the
server's file of tokens, which holds a hash only; --append adds it to one of lines
or to an array, and refuses a name that is taken.

A token reads; with --write it also registers, deprecates and sets policies. With
--prefix it reaches only topics that begin so.`

// A tokenLine is a token in the server's file.
type tokenLine struct {
	Name     string   `json:"name"`
	SHA256   string   `json:"sha256"`
	Write    bool     `json:"write"`
	Prefixes []string `json:"prefixes,omitempty"`
}

// newToken is what --json prints.
type newToken struct {
	Token string    `json:"token"`
	Line  tokenLine `json:"line"`
}

func (a *app) registryTokenCommand() *cobra.Command {
	var (
		line tokenLine
		file string
	)
	cmd := &cobra.Command{
		Use: "token NAME", Short: "Make a token for the registry's server", Long: registryTokenLong,
		Example: `  salt registry token ci --write
  salt registry token orders --write --prefix order. --prefix payment.
  salt registry token dashboards --append tokens.json`,
		Args: arguments(1, 1, "NAME of who will use it"),
		RunE: a.action(func(_ context.Context, args []string) error {
			if line.Name = strings.TrimSpace(args[0]); line.Name == "" || strings.Contains(line.Name, "/") || strings.ContainsFunc(line.Name, unprintable) {
				return misusef("the NAME is empty, or has a slash or something that cannot be printed")
			}
			if slices.Contains(line.Prefixes, "") {
				return misusef("--prefix is empty; leave it out for all topics")
			}
			return a.token(line, file)
		}),
	}
	cmd.Flags().BoolVar(&line.Write, "write", false, "may change the registry")
	cmd.Flags().StringArrayVar(&line.Prefixes, "prefix", nil, "only topics that begin with `PREFIX`; repeatable")
	cmd.Flags().StringVar(&file, "append", "", "add the line to this `FILE` of tokens, lines or an array, instead of printing it")
	return cmd
}

func (a *app) token(line tokenLine, file string) error {
	secret := make([]byte, 32)
	_, _ = rand.Read(secret) // never fails
	token := "salt_" + base64.RawURLEncoding.EncodeToString(secret)
	sum := sha256.Sum256([]byte(token))
	line.SHA256 = hex.EncodeToString(sum[:])
	text, err := json.Marshal(line)
	if err != nil {
		return fmt.Errorf("make the token: %w", err)
	}
	if file != "" {
		tightened, err := appendToken(file, text)
		if err != nil {
			return err
		}
		if tightened {
			fmt.Fprintf(a.err, "salt: %s can be read by its owner and group only from now on\n", printable(file))
		}
	}
	switch {
	case a.json:
		return a.printJSON(newToken{token, line})
	case file != "":
		return a.print(token)
	}
	return a.print("token  " + token + "\nline   " + string(text))
}
