package golang

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/internal/gen"
)

// A trier looks for the field that says a member's schema.
type trier struct {
	g        *generator
	name     string
	node     *gen.Node // flat
	required bool

	best            field
	grade           grade
	withTitle, made object // of the best
	err             error  // of the last
}

// failure says why nothing fits.
func (tr *trier) failure(ownErr error) error {
	why := ownErr
	if why == nil {
		why = tr.err
	}
	if why == nil {
		why = fmt.Errorf("its keywords contradict each other or have no counterpart in Go")
	}
	if strings.HasPrefix(why.Error(), tr.node.Doc.Origin) {
		return why
	}
	return tr.node.Errorf("Go cannot say this schema: %w; simplify it, or keep this contract out", why)
}

// offer tries a type, with its annotations as tags or without.
func (tr *trier) offer(c cand, annotate bool) {
	if tr.grade == exact {
		return
	}
	f := field{expr: c.expr, json: tr.name, tags: slices.Clone(c.tags), cand: c}
	want := maps.Clone(c.want)
	trial := slices.Clone(c.tags)
	if annotate {
		for _, key := range annotations {
			if tr.node.Has(key) {
				want[key] = normal(tr.node.Raw(key))
			}
		}
		var shown []entry
		var ok bool
		if shown, ok = tr.described(); !ok {
			tr.err = fmt.Errorf("its annotations are no texts")
			return
		}
		f.tags, trial = append(f.tags, shown...), append(trial, shown...)
	}
	hidden, ok := tr.presence(&f, &trial, annotate)
	if !ok {
		return
	}
	for _, key := range hidden {
		delete(want, key)
	}
	tr.run(f, want, trial)
}

// described are the annotations that are plain text.
func (tr *trier) described() ([]entry, bool) {
	var tags []entry
	if tr.node.Has("description") {
		if tr.node.Raw("description").Kind() != '"' {
			return nil, false
		}
		tags = append(tags, entry{"description", []string{tr.node.Text("description")}})
	}
	if raw := tr.node.Raw("deprecated"); raw.Kind() == 't' {
		tags = append(tags, entry{key: "deprecated"})
	}
	return tags, true
}

// presence adds the tags that say whether the member must be there, and its
// default and examples. What values of generated types cannot be tried is
// hidden from the trial, and checked otherwise.
func (tr *trier) presence(f *field, trial *[]entry, annotate bool) (hidden []string, ok bool) {
	c := f.cand
	add := func(e entry) { f.tags, *trial = append(f.tags, e), append(*trial, e) }
	item := func(value jsontext.Value) string {
		if c.bare || value.Kind() != '"' {
			return plain(value)
		}
		return string(quoted(plain(value)))
	}
	if examples := gen.Items(tr.node.Raw("examples")); annotate && len(examples) > 0 {
		e := entry{key: "examples"}
		for _, value := range examples {
			e.items = append(e.items, item(value))
		}
		if c.made {
			f.tags, hidden = append(f.tags, e), append(hidden, "examples")
		} else {
			add(e)
		}
	}
	value := tr.node.Raw("default")
	null := value.Kind() == 'n'
	switch {
	case annotate && value != nil && tr.required:
		tr.err = fmt.Errorf("a member with a default is not required in Go")
		return nil, false
	case annotate && null && c.pointer && !tr.required:
	case annotate && value != nil:
		e := entry{"default", []string{item(value)}}
		if c.own {
			if err := fitsDefault(tr.node, value); err != nil {
				tr.err = err
				return nil, false
			}
		}
		if null || !c.made || string(value) == "[]" || string(value) == "{}" && c.nilable {
			add(e)
			break
		}
		if err := tr.g.checkDefault(tr.node, value); err != nil {
			tr.err = err
			return nil, false
		}
		f.tags, hidden = append(f.tags, e), append(hidden, "default")
		*trial = append(*trial, entry{key: "optional"})
	case tr.required && c.pointer:
		add(entry{key: "required"})
	case tr.required:
	case c.pointer:
		f.json += ",omitzero"
		add(entry{key: "optional"})
	default:
		f.json += ",omitzero"
	}
	return hidden, true
}

// run tries the field, and once more with the title that it lacks.
func (tr *trier) run(f field, want object, trial []entry) {
	for range 2 {
		made, err := try(f.cand.goType, f.json, tr.name, tagText(trial))
		if err != nil {
			tr.err = err
			return
		}
		title, wanted := want["title"]
		if wanted && (made.schema["title"] == nil || text(made.schema["title"]) != text(title)) {
			if raw, ok := title.(jsontext.Value); ok && raw.Kind() == '"' {
				e := entry{"title", []string{plain(raw)}}
				f.tags, trial = append(f.tags, e), append(trial, e)
				continue
			}
		}
		grade := compare(want, made)
		hides := slices.ContainsFunc(f.tags, func(e entry) bool { return e.key == "default" }) &&
			!slices.ContainsFunc(trial, func(e entry) bool { return e.key == "default" })
		if made.required != tr.required && !hides {
			grade = unfit
		}
		if grade > tr.grade {
			f.want, f.tried = want, trial
			tr.best, tr.grade, tr.made = f, grade, made.schema
			tr.withTitle = maps.Clone(want)
			tr.withTitle["title"] = made.schema["title"]
		}
		if grade == unfit {
			tr.err = fmt.Errorf("as %s it would be %s", f.cand.goType, text(made.schema))
		}
		return
	}
}

// offerOwn tries types of the member's own: the schema without its annotations,
// then with them.
func (tr *trier) offerOwn(v view, hint string) error {
	c, err := tr.g.own(v, hint)
	if err != nil {
		return err
	}
	tr.offer(c, true)
	if tr.grade == unfit {
		if c, err = tr.g.own(view{Node: v.Node}, hint); err != nil {
			return err
		}
		if tr.node.Has("title") { // the type says it, so that no other is added
			c.want["title"] = normal(tr.node.Raw("title"))
		}
		tr.offer(c, false)
	}
	return nil
}
