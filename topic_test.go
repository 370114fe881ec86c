package salt_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
)

func readTable[T any](t *testing.T, name string) []T {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("testdata", "wire", "vectors", name))
	if err != nil {
		t.Fatal(err)
	}
	var table struct{ Rows []T }
	if err := json.Unmarshal(data, &table); err != nil {
		t.Fatal(err)
	}
	if len(table.Rows) < 20 {
		t.Fatalf("%s has only %d rows", name, len(table.Rows))
	}
	return table.Rows
}

// The broker's verdict was captured from RabbitMQ 3.10.8.
func TestMatchPatternLikeTheBroker(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"table_matching_celery_salt.json", "table_matching_tchu_tchu.json"} {
		type row struct {
			Pattern, Key string
			Broker       *bool
		}
		n := 0
		for _, r := range readTable[row](t, file) {
			if r.Broker == nil {
				continue
			}
			n++
			if got := salt.MatchPattern(r.Pattern, r.Key); got != *r.Broker {
				t.Errorf("MatchPattern(%q, %q) = %v, the broker says %v", r.Pattern, r.Key, got, *r.Broker)
			}
		}
		t.Logf("%s: %d verdicts of the broker", file, n)
	}
}

// FuzzMatchPattern compares with the plain recursive definition.
func FuzzMatchPattern(f *testing.F) {
	f.Add("a.*.#", "a.b")
	f.Add("#.b.#.c", "b.b.c.c")
	f.Add("*", "")
	f.Fuzz(func(t *testing.T, pattern, key string) {
		if strings.Count(pattern, ".") > 8 || strings.Count(key, ".") > 12 {
			return
		}
		split := func(s string) []string {
			if s == "" {
				return nil
			}
			return strings.Split(s, ".")
		}
		var match func(p, k []string) bool
		match = func(p, k []string) bool {
			switch {
			case len(p) == 0:
				return len(k) == 0
			case p[0] == "#":
				return match(p[1:], k) || len(k) > 0 && match(p, k[1:])
			case len(k) == 0:
				return false
			}
			return (p[0] == "*" || p[0] == k[0]) && match(p[1:], k[1:])
		}
		if got, want := salt.MatchPattern(pattern, key), match(split(pattern), split(key)); got != want {
			t.Errorf("MatchPattern(%q, %q) = %v, want %v", pattern, key, got, want)
		}
	})
}

func TestCheckTopicAndPattern(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 256)
	for _, tt := range []struct{ name, topic, pattern string }{ // part of the error, "" = accepted
		{"user.signup", "", ""},
		{strings.Repeat("a", 255), "", ""},
		{"naïve.ünïcode", "", ""},
		{"", "is empty", "is empty"},
		{long, "256 bytes", "256 bytes"},
		{"user.*", "wildcard", ""},
		{"#", "wildcard", ""},
		{"user.cre*", "wildcard", "plain character"},
		{"a..b", "empty word", "empty word"},
		{".a", "empty word", "empty word"},
		{"a.", "empty word", "empty word"},
		{"a b", "contains", "contains"},
		{"a\nb", "contains", "contains"},
		{"a\xff", "not UTF-8", "not UTF-8"},
	} {
		check := func(what string, err error, want string) {
			if (err == nil) != (want == "") || err != nil && !strings.Contains(err.Error(), want) {
				t.Errorf("%s %.30q: error %v, want one with %q", what, tt.name, err, want)
			}
		}
		check("topic", salt.CheckTopic(tt.name), tt.topic)
		check("pattern", salt.CheckPattern(tt.name), tt.pattern)
	}
}
