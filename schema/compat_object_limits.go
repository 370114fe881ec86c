package schema

import (
	"encoding/json"
	"slices"
	"strings"
)

func (p *prover) namesFit(s *shape, r *node, names []string, rep *report) bool {
	if r.propertyNames == nil || p.reader.anything(r.propertyNames) {
		return true
	}
	const fix = "permit these names in the reader's schema, or the same names only in the writer's"
	ok := true
	for _, name := range names {
		if _, possible := p.memberOf(s, name); !possible {
			continue
		}
		if fit, known := p.validName(r.propertyNames, name); !fit || !known {
			ok = p.refuse(rep.member(name), "propertyNames", "a member of this name", "other names", fix)
		}
	}
	if p.others(s) && !p.otherNamesFit(s, r.propertyNames) {
		ok = p.refuse(rep.member("*"), "propertyNames", "members with other names", "names that propertyNames permits", fix)
	}
	return ok
}

// otherNamesFit proves it for names that the writer does not list.
func (p *prover) otherNamesFit(s *shape, r *node) bool {
	var nodes []*node
	for _, n := range s.nodes {
		if n.propertyNames != nil {
			nodes = append(nodes, n.propertyNames)
		}
	}
	shapes, ok := p.expand(p.conjunction(nodes...))
	return ok && !slices.ContainsFunc(shapes, func(s *shape) bool { return !p.fits(p.only(s, kindString), r, nil) })
}

func (p *prover) countsFit(s *shape, r *node, names []string, rep *report) bool {
	least, most := 0, -1
	required := 0
	for _, name := range names {
		if p.requires(s, name) {
			required++
		}
	}
	for _, n := range s.nodes {
		least = max(least, n.minProperties)
		if n.maxProperties >= 0 && (most < 0 || n.maxProperties < most) {
			most = n.maxProperties
		}
	}
	if least = max(least, required); !p.others(s) {
		possible := 0
		for _, name := range names {
			if _, ok := p.memberOf(s, name); ok {
				possible++
			}
		}
		if most < 0 || possible < most {
			most = possible
		}
	}
	ok := true
	if least < r.minProperties {
		ok = p.refuse(rep, "minProperties", "objects from "+plural(least, "member")+" on", "at least "+plural(r.minProperties, "member"), "raise minProperties in the writer's schema, or lower it in the reader's")
	}
	if r.maxProperties >= 0 && (most < 0 || most > r.maxProperties) {
		ok = p.refuse(rep, "maxProperties", upTo(most, "member"), "at most "+plural(r.maxProperties, "member"), "lower maxProperties in the writer's schema, or raise it in the reader's")
	}
	return ok
}

func (p *prover) dependentsFit(s *shape, r *node, _ []string, rep *report) bool {
	ok := true
	for _, trigger := range sortedKeys(r.dependentRequired) {
		if _, possible := p.memberOf(s, trigger); !possible {
			continue
		}
		for _, name := range r.dependentRequired[trigger] {
			if name == trigger || p.requires(s, name) || slices.ContainsFunc(s.nodes, func(n *node) bool { return slices.Contains(n.dependentRequired[trigger], name) }) {
				continue
			}
			ok = p.refuse(rep.member(name), "dependentRequired", quote(trigger)+" without this member", "this member wherever "+quote(trigger)+" is",
				"say the same dependentRequired in the writer's schema, or drop it from the reader's")
		}
	}
	for _, d := range r.dependentSchemas {
		if _, possible := p.memberOf(s, d.name); !possible {
			continue
		}
		shared := slices.ContainsFunc(s.nodes, func(n *node) bool {
			return slices.ContainsFunc(n.dependentSchemas, func(w dependent) bool { return w.name == d.name && p.same(w.node, d.node) })
		})
		if shared {
			continue
		}
		present := s
		if _, ok := s.chosen[d.name]; !ok {
			present = s.with(d.name, choice{})
		}
		ok = p.fits(present, d.node, rep) && ok
	}
	return ok
}

// stringOf is the text of a constant that is a string.
func stringOf(c constant) (string, bool) {
	var s string
	if !strings.HasPrefix(c.text, `"`) {
		return "", false
	}
	return s, json.Unmarshal([]byte(c.text), &s) == nil
}
