package main

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/celerysalt/salt"
)

// shownVerdict is what --json prints.
type shownVerdict struct {
	*salt.Verdict `json:",inline"`

	Registered bool `json:"registered"` // the registry has it now

	File string `json:"file,omitzero"` // where the definition is, if that is known
	Line int    `json:"line,omitzero"`
}

// verdictForm says how verdicts are told.
type verdictForm struct {
	github bool // with annotations
	done   bool // the registry was changed accordingly
}

// printVerdicts prints what becomes of each definition, and ends with
// errRefused if one is refused. words name the actions.
func (a *app) printVerdicts(list []*judged, form verdictForm, words map[string]string) error {
	numbers := map[string]int{}
	width := 0
	for _, j := range list {
		numbers[j.Action]++
		width = max(width, len(words[j.Action]))
	}
	p := a.palette()
	for _, j := range list {
		if a.json {
			registered := j.Action == salt.ActionUnchanged || form.done
			if err := a.printJSON(shownVerdict{j.Verdict, registered, shownFile(j.file), j.line}); err != nil {
				return err
			}
			continue
		}
		word := fmt.Sprintf("%-*s", width, words[j.Action])
		switch j.Action {
		case salt.ActionRefuse:
			word = p.red(word)
		case salt.ActionUnchanged:
			word = p.dim(word)
		default:
			word = p.green(word)
		}
		line := word + "  " + printable(j.Spec.Topic) + " " + j.Spec.Version + "  " + p.dim(printable(j.place()))
		if err := a.print(strings.TrimRight(line, " ") + j.reasons(p)); err != nil {
			return err
		}
	}
	if form.github {
		for _, j := range list {
			if j.Conflict != nil {
				if err := a.print(j.annotation(a.env("GITHUB_WORKSPACE"))); err != nil {
					return err
				}
			}
		}
	}
	a.sumUp(len(list), numbers, words)
	if numbers[salt.ActionRefuse] > 0 {
		return errRefused
	}
	return nil
}

func (a *app) sumUp(all int, numbers map[string]int, words map[string]string) {
	var parts []string
	for _, action := range []string{salt.ActionRefuse, salt.ActionCreate, salt.ActionComplete, salt.ActionUnchanged} {
		if n := numbers[action]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, strings.ToLower(words[action])))
		}
	}
	fmt.Fprintf(a.err, "salt: %s: %s\n", count(all, "definition"), strings.Join(parts, ", "))
}

// reasons are the lines below a refused definition.
func (j *judged) reasons(p palette) string {
	if j.Conflict == nil {
		return ""
	}
	var b strings.Builder
	if j.Conflict.Level == "" {
		fmt.Fprintf(&b, "\n  another %s is registered as %s, by %s", j.Conflict.Part, j.Spec.Version, printable(j.Conflict.Have))
		for _, d := range j.Conflict.Differences {
			b.WriteString("\n    " + printable(d.String()))
		}
		fmt.Fprintf(&b, "\n    %s a registered version never changes: give the new schema a version of its own", p.bold("fix:"))
		return b.String()
	}
	for _, c := range j.Checks {
		if len(c.Breaks) == 0 {
			continue
		}
		fmt.Fprintf(&b, "\n  %s: readers of %s can refuse the %s that %s writes\n", j.Policy.Compatibility, c.Reader, c.Part, c.Writer)
		var breaks strings.Builder
		writeBreaks(&breaks, p, "    ", c.Breaks)
		b.WriteString(strings.TrimRight(breaks.String(), "\n"))
		for _, h := range c.Hit {
			fmt.Fprintf(&b, "\n    %s %s (%s) of %s on %s, seen %s", p.bold("hits:"), printable(strings.TrimSpace(string(h.Role)+" "+h.Handler)),
				printable(cmp.Or(h.Version, "all versions")), printable(h.Service), printable(h.Host), ago(time.Now(), h.LastSeen))
		}
	}
	var refusing []string // every version that it does not fit
	for _, c := range j.Checks {
		if len(c.Breaks) > 0 && !slices.Contains(refusing, c.Against) {
			refusing = append(refusing, c.Against)
		}
	}
	stay := cmp.Or(strings.Join(refusing, " and "), j.Conflict.Against)
	fmt.Fprintf(&b, "\n    %s mend %s, since what is registered never changes; or take another topic; or deprecate %s when nobody uses it any more",
		p.bold("way out:"), j.Spec.Version, stay)
	if j.Policy.Owner != "" {
		fmt.Fprintf(&b, "\n    owner: %s", printable(j.Policy.Owner))
	}
	return b.String()
}

// annotation is GitHub's workflow command for an error at a place in a file.
func (j *judged) annotation(workspace string) string {
	var place string
	if j.file != "" {
		file := shownFile(j.file)
		if abs, err := filepath.Abs(j.file); err == nil && workspace != "" {
			if rel, err := filepath.Rel(workspace, abs); err == nil && filepath.IsLocal(rel) {
				file = rel
			}
		}
		place = fmt.Sprintf("file=%s,line=%d,", githubValue.Replace(filepath.ToSlash(file)), cmp.Or(j.line, 1))
	}
	title := githubValue.Replace("refused: " + j.Spec.Topic + " " + j.Spec.Version)
	return "::error " + place + "title=" + title + "::" + githubText.Replace(strings.TrimSpace(j.reasons(false)))
}

// How GitHub wants text in workflow commands.
var (
	githubText  = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A")
	githubValue = strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C")
)
