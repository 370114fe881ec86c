package golang

import (
	"reflect"
	"strconv"

	"github.com/celerysalt/salt/internal/gen"
)

func itoa(n int) string { return strconv.Itoa(n) }

// element finds the type of a list's or a map's values, which no tag can
// describe further.
func (g *generator) element(n *gen.Node, hint string) (cand, error) {
	flat := g.flat(n)
	if to := flat.Ref(); to != nil { // what flat could not make
		if _, err := g.resolve(to); err != nil {
			return cand{}, err
		}
	}
	v := view{Node: flat}
	cands, err := g.candidates(v, hint)
	if err != nil {
		return cand{}, err
	}
	best, found, ownScalar := cand{}, unfit, false
	for _, c := range cands {
		ownScalar = ownScalar || c.scalar != ""
		if len(c.tags) > 0 {
			continue
		}
		if grade := g.fitsElement(c); grade > found {
			best, found = c, grade
		}
	}
	if found == exact || found == alike && !ownScalar {
		if found == alike || flat != n {
			g.note(n, "what Salt says of it means the same and is written otherwise")
		}
		return best, nil
	}
	own, err := g.own(v, hint)
	if err != nil {
		if found == alike {
			g.note(n, "what Salt says of it means the same and is written otherwise")
			return best, nil
		}
		return cand{}, err
	}
	if hasRefs(flat) {
		g.note(n, "what it refers to is written in its place, in the method JSONSchema")
	}
	return own, nil
}

// fitsElement tries a type as the element of a list.
func (g *generator) fitsElement(c cand) grade {
	tr, err := try(reflect.SliceOf(c.goType), "f", "f", "required")
	if err != nil {
		return unfit
	}
	delete(tr.schema, "title")
	want := object{"type": quoted("array"), "items": c.want}
	if c.goType == reflect.TypeFor[byte]() {
		return unfit
	}
	return compare(want, tr)
}
