package registry

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// maxFile bounds what is read of one file of a registry directory. Three
// schemas of 256 KiB, indented, are less.
const maxFile = 16 << 20

// maxJournal bounds the journal, which holds a whole registration, and the
// history.
const maxJournal = 1 << 30

// sealed is a version's file: the record, and a digest of what may not change.
type sealed struct {
	salt.Record

	Digest string `json:"digest"`
}

// digest is over the identity of a version and its schemas without whitespace.
// It finds edits by hand, which would make one version two things; it is no
// signature.
func digest(s *salt.Spec) string {
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q", s.Topic, s.Version, s.Mode)
	for _, part := range []*schema.Schema{s.Schema, s.Response, s.Error} {
		if part == nil {
			io.WriteString(h, "\x00-") //nolint:errcheck // a hash takes everything
			continue
		}
		fmt.Fprintf(h, "\x00%d\x00", len(part.JSON()))
		h.Write(part.JSON())
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil))
}

// compact returns a schema whose text is as it will be read back.
func compact(s *schema.Schema) *schema.Schema {
	if s == nil {
		return nil
	}
	text := jsontext.Value(bytes.Clone(s.JSON()))
	if text.Compact() != nil || bytes.Equal(text, s.JSON()) {
		return s
	}
	return schema.Trust(text)
}

// compacted returns specs with compact schemas.
func compacted(specs []*salt.Spec) []*salt.Spec {
	list := make([]*salt.Spec, len(specs))
	for i, s := range specs {
		if s == nil {
			continue // which planning refuses
		}
		c := *s
		c.Schema, c.Response, c.Error = compact(s.Schema), compact(s.Response), compact(s.Error)
		list[i] = &c
	}
	return list
}

// changeLine is a line of the history: a change without its Seq, which is its
// place.
type changeLine struct {
	At      time.Time `json:"at"`
	By      string    `json:"by"`
	Kind    string    `json:"kind"`
	Topic   string    `json:"topic,omitempty"`
	Version string    `json:"version,omitempty"`
	Detail  string    `json:"detail,omitempty"`
}

var (
	// onDisk is how files are written: for people and for diffs.
	onDisk = json.JoinOptions(jsontext.WithIndent("  "), jsontext.PreserveRawStrings(true))

	// trusting reads schemas without compiling them; see [schema.Trust].
	trusting = json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, into **schema.Schema) error {
		text, err := d.ReadValue()
		if err != nil {
			return err
		}
		if text.Kind() == 'n' {
			*into = nil
			return nil
		}
		text = text.Clone()
		if err := text.Compact(); err != nil {
			return err
		}
		*into = schema.Trust(text)
		return nil
	}))
)

// encodeFile writes a value as a file of the directory.
func encodeFile(v any) ([]byte, error) {
	text, err := json.Marshal(v, onDisk)
	return append(text, '\n'), err
}

// decodeFile reads one.
func decodeFile(text []byte, v any) error {
	return placed(text, json.Unmarshal(text, v, trusting, json.RejectUnknownMembers(true)))
}

// decodeVersion reads and checks a version's file.
func decodeVersion(text []byte) (*salt.Record, error) {
	var f sealed
	if err := decodeFile(text, &f); err != nil {
		return nil, err
	}
	r := &f.Record
	switch err := checkSpec(&r.Spec); {
	case err != nil:
		return nil, err
	case r.Number < 1:
		return nil, fmt.Errorf("the number is %d, and they start at 1", r.Number)
	case r.SchemaID < 1, (r.ResponseID > 0) != (r.Response != nil), (r.ErrorID > 0) != (r.Error != nil):
		return nil, errors.New("an id is missing, or stands there without its schema")
	case digest(&r.Spec) != f.Digest:
		return nil, errors.New("the version was edited, and versions never change: restore the file (git checkout), and register the edited schema as a new version")
	}
	return r, nil
}

// placed adds the line to an error of JSON.
func placed(text []byte, err error) error {
	if err == nil {
		return nil
	}
	offset := int64(-1)
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		offset = e.ByteOffset
	} else if e, ok := errors.AsType[*json.SemanticError](err); ok {
		offset = e.ByteOffset
	}
	if offset < 0 || offset > int64(len(text)) {
		return err
	}
	return fmt.Errorf("line %d: %w", 1+bytes.Count(text[:offset], []byte("\n")), err)
}

// eachLine decodes JSON lines.
func eachLine[T any](text []byte, take func(*T)) error {
	n := 0
	for line := range bytes.Lines(text) {
		n++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		one := new(T)
		if err := json.Unmarshal(line, one, json.RejectUnknownMembers(true)); err != nil {
			return fmt.Errorf("line %d: %w", n, err)
		}
		take(one)
	}
	return nil
}

// appendLine encodes one JSON line.
func appendLine(text []byte, v any) ([]byte, error) {
	line, err := json.Marshal(v)
	return append(append(text, line...), '\n'), err
}
