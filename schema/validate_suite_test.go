//go:build jsonschemasuite

package schema

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSuite runs the official JSON Schema test suite, draft 2020-12, from the
// directory in SALT_JSON_SCHEMA_SUITE (…/tests/draft2020-12); it is behind a
// build tag because the suite is not ours to ship. Salt's numbers are stricter
// than the draft's, and Parse refuses some schemas on purpose; all else must
// agree.
func TestSuite(t *testing.T) {
	dir := os.Getenv("SALT_JSON_SCHEMA_SUITE")
	if dir == "" {
		t.Fatal("SALT_JSON_SCHEMA_SUITE names no directory of the official test suite")
	}
	files, err := filepath.Glob(filepath.Join(dir, "*.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no files in %s: %v", dir, err)
	}
	run, refused := 0, make(map[string]int)
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var groups []struct {
			Description string
			Schema      json.RawMessage
			Tests       []struct {
				Description string
				Data        json.RawMessage
				Valid       bool
			}
		}
		if err := json.Unmarshal(text, &groups); err != nil {
			t.Fatal(err)
		}
		for _, g := range groups {
			at := filepath.Base(file) + ": " + g.Description
			s, err := Parse(g.Schema)
			if err != nil {
				if !deliberate(err) {
					t.Errorf("%s: %v", at, err)
				}
				refused[filepath.Base(file)] += len(g.Tests)
				continue
			}
			for _, tt := range g.Tests {
				run++
				err := s.Validate(tt.Data)
				if e, ok := errors.AsType[*Error](err); ok && e.Fields[0].Rule == "precision" {
					continue
				}
				if (err == nil) != tt.Valid {
					t.Errorf("%s: %s: %v, want valid %t", at, tt.Description, err, tt.Valid)
				}
			}
		}
	}
	t.Logf("%d cases ran, refused at Parse: %v", run, refused)
}

// deliberate recognises the refusals that Parse documents.
func deliberate(err error) bool {
	for _, reason := range []string{"points outside", "points to no schema", "names no $anchor", "$id is supported only", "is not supported", "is taken by", errCycle.Error(), "none of RE2"} {
		if strings.Contains(err.Error(), reason) {
			return true
		}
	}
	return false
}
