package schema

import (
	"encoding/json"
	"math/rand/v2"
	"slices"
)

// A declarer says whether the lenient policy lets a writer send a value that is
// valid: every member is declared by a schema that applies to the object. Of an
// anyOf it takes some of the alternatives that fit.
type declarer struct {
	r        *rand.Rand
	writer   *side
	decimals []*pattern // of the reader; see decimalTexts
}

func newDeclarer(r *rand.Rand, w, reader *compiled) *declarer {
	d := &declarer{r: r, writer: newSide(w)}
	for n := range newSide(reader).ids {
		if n.pattern != nil && n.pattern.decimal != nil {
			d.decimals = append(d.decimals, n.pattern)
		}
	}
	return d
}

func accepted(n *node, v any) bool {
	text, err := json.Marshal(v)
	if err != nil {
		return false
	}
	t, err := scan(text, Limits{}.withDefaults())
	if err != nil {
		return false
	}
	defer t.release()
	ev := evaluator{tape: t, limits: Limits{}.withDefaults()}
	return ev.check(n, 0, false)
}

// applying lists the schemas that apply to a value together with n.
func (d *declarer) applying(set []*node, n *node, v any) []*node {
	if slices.Contains(set, n) {
		return set
	}
	set = append(set, n)
	parts := slices.Clone(n.allOf)
	if n.ref != nil {
		parts = append(parts, n.ref)
	}
	fit := slices.DeleteFunc(slices.Clone(n.anyOf), func(sub *node) bool { return !accepted(sub, v) })
	d.r.Shuffle(len(fit), func(i, j int) { fit[i], fit[j] = fit[j], fit[i] })
	if len(fit) > 0 {
		parts = append(parts, fit[:1+d.r.IntN(len(fit))]...)
	}
	for _, sub := range n.oneOf {
		if accepted(sub, v) {
			parts = append(parts, sub)
		}
	}
	if n.when != nil {
		branch := n.otherwise
		if accepted(n.when, v) {
			parts, branch = append(parts, n.when), n.then
		}
		if branch != nil {
			parts = append(parts, branch)
		}
	}
	object, _ := v.(map[string]any)
	for _, s := range n.dependentSchemas {
		if _, ok := object[s.name]; ok {
			parts = append(parts, s.node)
		}
	}
	for _, sub := range parts {
		set = d.applying(set, sub, v)
	}
	return set
}

func (d *declarer) sends(nodes []*node, v any) bool {
	var set []*node
	for _, n := range nodes {
		set = d.applying(set, n, v)
	}
	switch v := v.(type) {
	case map[string]any:
		free := d.free(set)
		for name, member := range v {
			sub, declared := d.member(set, name, v)
			if !declared && !free || !d.sends(sub, member) {
				return false
			}
		}
	case []any:
		for i, item := range v {
			var sub []*node
			for _, n := range set {
				if i < len(n.prefix) {
					sub = append(sub, n.prefix[i])
				} else if n.items != nil {
					sub = append(sub, n.items)
				}
			}
			if !d.sends(sub, item) {
				return false
			}
		}
	case string:
		// The one exception: what looks like a Decimal of Pydantic 2.14 is one.
		if slices.ContainsFunc(set, func(n *node) bool { return d.writer.decimalTexts[n] }) {
			return !slices.ContainsFunc(d.decimals, func(p *pattern) bool { return !p.match([]byte(v)) })
		}
	}
	return true
}

func (d *declarer) free(set []*node) bool {
	model, asked := false, false
	for _, n := range set {
		model = model || d.writer.declares(n, "properties") || len(n.patternProperties) > 0
		asked = asked || n.additional != nil && !d.writer.anything(n.additional) || n.unevaluatedProperties != nil && !n.unevaluatedProperties.never
	}
	return asked || !model
}

func (d *declarer) member(set []*node, name string, object map[string]any) (sub []*node, declared bool) {
	for _, n := range set {
		known := false
		if q, ok := n.properties[name]; ok {
			declared = true
			if q.node != nil {
				known, sub = true, append(sub, q.node)
			}
		}
		for _, q := range n.patternProperties {
			if q.pattern.match([]byte(name)) {
				known, declared, sub = true, true, append(sub, q.node)
			}
		}
		if n.additional != nil && !known {
			sub = append(sub, n.additional)
		}
		for trigger, list := range n.dependentRequired {
			if _, ok := object[trigger]; ok && slices.Contains(list, name) {
				declared = true
			}
		}
		if names := n.propertyNames; names != nil && (names.enum != nil || names.constant != nil) {
			declared = true
		}
	}
	return sub, declared
}
