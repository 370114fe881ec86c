package registry

import (
	"regexp"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
)

func TestFileName(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("a", 255)
	for topic, want := range map[string]string{
		"user.signup":      "user.signup",
		"User.signUp":      "!user.sign!up",
		"a/b":              "a%2fb",
		`a\b`:              "a%5cb",
		"a/../../etc":      "a%2f..%2f..%2fetc",
		"-rf":              "%2drf",
		"c:x":              "c%3ax",
		"con":              "%63on",
		"nul.x":            "%6eul.x",
		"com1.a":           "%63om1.a",
		"CON":              "!c!o!n",
		"console":          "console",
		"ü":                "%c3%bc",
		"a!b%2f~":          "a%21b%252f%7e",
		"policy.json":      "policy.json",
		"a'; DROP TABLE--": "a%27%3b%20!d!r!o!p%20!t!a!b!l!e-%2d",
	} {
		if got := fileName(topic); got != want {
			t.Errorf("fileName(%q) = %q, want %q", topic, got, want)
		}
	}
	if a, b := fileName(long), fileName(long[:254]); a == b || len(a) > maxName || len(b) > maxName {
		t.Errorf("two long topics: %q and %q", a, b)
	}
}

// FuzzFileName holds that names are safe, and different for different topics on
// file systems that do not tell capitals.
func FuzzFileName(f *testing.F) {
	f.Add("a.b", "a.B")
	f.Add("a/b", "a%2fb")
	f.Add(strings.Repeat("ü", 127), strings.Repeat("ü", 126)+"x")
	safe := regexp.MustCompile(`^[a-z0-9_!%~.-]+$`)
	f.Fuzz(func(t *testing.T, a, b string) {
		if salt.CheckTopic(a) != nil || salt.CheckTopic(b) != nil {
			return
		}
		x, y := fileName(a), fileName(b)
		if !safe.MatchString(x) || len(x) > maxName || x[0] == '.' || x[0] == '-' || strings.HasSuffix(x, ".") || reserved.MatchString(x) {
			t.Errorf("%q becomes %q", a, x)
		}
		if a != b && strings.EqualFold(x, y) {
			t.Errorf("%q and %q both become %q", a, b, x)
		}
	})
}
