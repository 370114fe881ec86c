package postgres

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/celerysalt/salt"
)

// checkText refuses what PostgreSQL cannot hold, name and text in turn.
func checkText(pairs ...string) error {
	for i := 0; i+1 < len(pairs); i += 2 {
		name, text := pairs[i], pairs[i+1]
		if strings.ContainsRune(text, 0) {
			return fmt.Errorf("the %s has a NUL character, which PostgreSQL cannot store: %.40q", name, text)
		}
		if !utf8.ValidString(text) {
			return fmt.Errorf("the %s is not UTF-8: %.40q", name, text)
		}
	}
	return nil
}

// storable reports whether a text can be in the database at all.
func storable(text string) bool { return checkText("", text) == nil }

// checkSpec refuses what no registry takes, and what this one cannot keep.
func checkSpec(s *salt.Spec) error {
	if s == nil {
		return fmt.Errorf("the spec is nil")
	}
	if err := salt.CheckTopic(s.Topic); err != nil {
		return err
	}
	if err := salt.CheckVersion(s.Version); err != nil {
		return fmt.Errorf("%q: %w", s.Topic, err)
	}
	if s.Schema == nil {
		return fmt.Errorf("%q %s: the spec has no schema", s.Topic, s.Version)
	}
	if s.Mode != salt.ModeEvent && s.Mode != salt.ModeRPC {
		return fmt.Errorf("%q %s: mode %.40q is neither event nor rpc", s.Topic, s.Version, s.Mode)
	}
	if err := checkText("doc", s.Doc, "exchange", s.Exchange, "package", s.Package, "type", s.Type, "source", s.Source); err != nil {
		return fmt.Errorf("%q %s: %w", s.Topic, s.Version, err)
	}
	return nil
}
