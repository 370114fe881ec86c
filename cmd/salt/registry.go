package main

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
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
server's file of tokens, which holds a hash only.

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
	cmd.Flags().StringVar(&file, "append", "", "append the line to this `FILE` of tokens instead of printing it")
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
		if err := appendLine(file, text); err != nil {
			return err
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

// appendLine adds to a file of JSON lines that only its owner may read.
func appendLine(file string, text []byte) error {
	f, err := os.OpenFile(file, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600) //nolint:gosec // the person names it
	if err != nil {
		return misusef("append the token: %w", err)
	}
	_, err = f.Write(append(text, '\n'))
	if err := errors.Join(err, f.Close()); err != nil {
		return fmt.Errorf("append the token: %w", err)
	}
	return nil
}
