package server

import (
	"bytes"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// Tokens are who may use a server. They are immutable.
type Tokens struct{ list []token }

// A token is one entry of a file of tokens.
type token struct {
	Name     string   `json:"name"`
	SHA256   string   `json:"sha256"` // of the token, hex
	Write    bool     `json:"write"`
	Prefixes []string `json:"prefixes"` // of topics; none: all

	hash []byte
}

// maxTokens bounds a file of tokens.
const maxTokens = 4 << 20

// LoadTokens reads a file of tokens; see [ParseTokens].
func LoadTokens(path string) (*Tokens, error) {
	f, err := os.Open(path) //nolint:gosec // the operator names it
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxTokens+1))
	if err != nil {
		return nil, fmt.Errorf("tokens: %w", err)
	}
	t, err := ParseTokens(text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return t, nil
}

// ParseTokens reads tokens: a JSON array of, or lines of
//
//	{"name": "orders-ci", "sha256": "<hex of the token's SHA-256>", "write": true, "prefixes": ["order."]}
//
// The name is who made a change, in records and in the history. Without
// prefixes a token is for all topics; one with prefixes sees no other topics,
// and cannot change the policy of the whole registry.
func ParseTokens(text []byte) (*Tokens, error) {
	if len(text) > maxTokens {
		return nil, fmt.Errorf("tokens: more than %d bytes", maxTokens)
	}
	strict := json.RejectUnknownMembers(true)
	var list []token
	if trimmed := bytes.TrimSpace(text); len(trimmed) > 0 && trimmed[0] == '[' {
		if err := json.Unmarshal(text, &list, strict); err != nil {
			return nil, fmt.Errorf("tokens: %w", err)
		}
	} else {
		d := jsontext.NewDecoder(bytes.NewReader(text))
		for {
			var t token
			err := json.UnmarshalDecode(d, &t, strict)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("tokens: entry %d: %w", len(list)+1, err)
			}
			list = append(list, t)
		}
	}
	names, hashes := map[string]bool{}, map[string]bool{}
	for i := range list {
		t := &list[i]
		var err error
		t.hash, err = hex.DecodeString(t.SHA256)
		switch {
		case t.Name == "" || strings.ContainsAny(t.Name, "/\n\r"):
			return nil, fmt.Errorf("tokens: entry %d: the name %q is empty or contains a slash", i+1, t.Name)
		case err != nil || len(t.hash) != sha256.Size:
			return nil, fmt.Errorf("tokens: entry %d (%s): sha256 is not 64 hex digits; take those of: printf %%s TOKEN | sha256sum", i+1, t.Name)
		case names[t.Name]:
			return nil, fmt.Errorf("tokens: entry %d: the name %q is taken", i+1, t.Name)
		case hashes[string(t.hash)]:
			return nil, fmt.Errorf("tokens: entry %d (%s): an entry before it has the same token", i+1, t.Name)
		case slices.Contains(t.Prefixes, ""):
			return nil, fmt.Errorf("tokens: entry %d (%s): a prefix is empty; leave prefixes out for all topics", i+1, t.Name)
		case string(t.hash) == emptyHash:
			return nil, fmt.Errorf("tokens: entry %d (%s): it is the hash of no token at all", i+1, t.Name)
		}
		names[t.Name], hashes[string(t.hash)] = true, true
		t.SHA256 = ""
	}
	return &Tokens{list}, nil
}

var emptyHash = func() string { h := sha256.Sum256(nil); return string(h[:]) }()

// find returns the entry of a secret. It takes the same time for all.
func (t *Tokens) find(secret string) *token {
	hash := sha256.Sum256([]byte(secret))
	var found *token
	for i := range t.list {
		if subtle.ConstantTimeCompare(hash[:], t.list[i].hash) == 1 {
			found = &t.list[i]
		}
	}
	return found
}

// covers reports whether the token is for a topic, "" meaning the whole registry.
func (t *token) covers(topic string) bool {
	if t == nil || len(t.Prefixes) == 0 {
		return true
	}
	for _, p := range t.Prefixes {
		if strings.HasPrefix(topic, p) {
			return true
		}
	}
	return false
}
