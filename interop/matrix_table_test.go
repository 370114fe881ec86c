package interop_test

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"unicode/utf8"
)

// marks of the table.
const (
	markOK     = "ok"
	markFail   = "FAIL"
	markLimit  = "up" // upstream cannot, shown on pure Python too
	markAbsent = "-"  // does not apply, with a reason
)

// An outcome is one field of the table.
type outcome struct{ mark, note string }

// A table records what became of every cell in every configuration.
type table struct {
	mu       sync.Mutex
	outcomes map[string]map[string]outcome // by configuration, then cell
	versions map[string]map[string]string  // by environment
}

func newTable() *table {
	return &table{outcomes: map[string]map[string]outcome{}, versions: map[string]map[string]string{}}
}

func (tb *table) record(config, cell string, o outcome) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if tb.outcomes[config] == nil {
		tb.outcomes[config] = map[string]outcome{}
	}
	tb.outcomes[config][cell] = o
}

func (tb *table) recordVersions(env string, versions map[string]string) {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	if tb.versions[env] == nil {
		tb.versions[env] = map[string]string{}
	}
	maps.Copy(tb.versions[env], versions)
}

// missing names what was expected and has no outcome: a cell that did not run.
func (tb *table) missing(configs []*setup, cells []cell) []string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	var found []string
	for _, s := range configs {
		for _, c := range cells {
			if tb.outcomes[s.name()][c.id()].mark == "" {
				found = append(found, s.name()+": "+c.id())
			}
		}
	}
	return found
}

// text prints one block for each environment: a line for each cell, a column
// for each pool and result backend.
func (tb *table) text(configs []*setup, cells []cell) string {
	tb.mu.Lock()
	defer tb.mu.Unlock()
	var b strings.Builder
	total := map[string]int{}
	for _, env := range environmentsOf(configs) {
		fmt.Fprintf(&b, "%s: %s\n%s\n\n", env, purposes[env], versionLine(tb.versions[env]))
		var columns []*setup
		for _, s := range configs {
			if s.env == env {
				columns = append(columns, s)
			}
		}
		tb.block(&b, columns, cells, total)
		b.WriteByte('\n')
	}
	fmt.Fprintf(&b, "%d cells in %d configurations: %d ok, %d FAIL, %d upstream cannot, %d do not apply\n",
		len(cells), len(configs), total[markOK], total[markFail], total[markLimit], total[markAbsent])
	return b.String()
}

func (tb *table) block(b *strings.Builder, columns []*setup, cells []cell, total map[string]int) {
	width := 0
	for _, c := range cells {
		width = max(width, utf8.RuneCountInString(c.name))
	}
	var notes []string
	group := ""
	for _, c := range cells {
		marks := make([]string, len(columns))
		alien := true
		for i, s := range columns {
			o := tb.outcomes[s.name()][c.id()]
			total[o.mark]++
			marks[i] = cmp.Or(o.mark, "MISSING")
			if o.note != "" {
				n := slices.Index(notes, o.note)
				if n < 0 {
					notes = append(notes, o.note)
					n = len(notes) - 1
				}
				marks[i] += superscript(n + 1)
			}
			alien = alien && o.mark == markAbsent && o.note == otherDialect
		}
		if alien {
			continue // a cell of celery-salt beside tchu-tchu, and the reverse
		}
		if c.group != group {
			group = c.group
			fmt.Fprintf(b, "  %-*s", width+2, group)
			for _, s := range columns {
				fmt.Fprintf(b, "  %-13s", s.column())
			}
			b.WriteByte('\n')
		}
		fmt.Fprintf(b, "    %-*s", width, c.name)
		for _, m := range marks {
			fmt.Fprintf(b, "  %s%s", m, strings.Repeat(" ", max(0, 13-utf8.RuneCountInString(m))))
		}
		b.WriteByte('\n')
	}
	for i, n := range notes {
		if n != otherDialect {
			fmt.Fprintf(b, "  %s %s\n", superscript(i+1), n)
		}
	}
}

func superscript(n int) string {
	digits := []rune("⁰¹²³⁴⁵⁶⁷⁸⁹")
	var s string
	for _, d := range fmt.Sprint(n) {
		s += string(digits[d-'0'])
	}
	return s
}

func versionLine(versions map[string]string) string {
	var parts []string
	for _, name := range slices.Sorted(maps.Keys(versions)) {
		parts = append(parts, name+" "+versions[name])
	}
	return strings.Join(parts, ", ")
}

// environmentsOf lists the environments in order of appearance.
func environmentsOf(configs []*setup) []string {
	var names []string
	for _, s := range configs {
		if !slices.Contains(names, s.env) {
			names = append(names, s.env)
		}
	}
	return names
}
