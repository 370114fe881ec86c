package salt_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"
)

// TestMistakesDoNotCompile builds testdata/mistakes and compares the compiler's
// messages with the want comments, line by line.
func TestMistakesDoNotCompile(t *testing.T) {
	t.Parallel()
	const file = "testdata/mistakes/mistakes.go"
	cmd := exec.CommandContext(t.Context(), "go", "build", "-gcflags=-e", "./"+file)
	out, err := cmd.CombinedOutput()
	if err == nil {
		t.Fatal("the mistakes compile")
	}
	messages := map[string]string{} // by line
	last := ""
	for line := range strings.Lines(string(out)) {
		if m := regexp.MustCompile(`mistakes\.go:(\d+):\d+: (.*)`).FindStringSubmatch(line); m != nil {
			last = m[1]
			messages[last] += m[2] + "\n"
		} else if strings.HasPrefix(line, "\t") {
			messages[last] += line
		}
	}
	source, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	want := regexp.MustCompile(`// want (\S+) "(.*)"$`)
	scanner := bufio.NewScanner(bytes.NewReader(source))
	n := 0
	for line := 1; scanner.Scan(); line++ {
		m := want.FindStringSubmatch(scanner.Text())
		key := fmt.Sprint(line)
		if m == nil {
			if msg := messages[key]; msg != "" {
				t.Errorf("line %s is no mistake, but: %s", key, msg)
			}
			continue
		}
		n++
		if ok, _ := regexp.MatchString(m[2], messages[key]); !ok {
			t.Errorf("mistake %s (line %s): the compiler says %q, want %q", m[1], key, messages[key], m[2])
		} else {
			t.Logf("%s: %s", m[1], strings.TrimSpace(messages[key]))
		}
	}
	if n != 15 {
		t.Errorf("%d mistakes are listed, want 15", n)
	}
}
