package schema

import "strings"

const allKinds kinds = 1<<7 - 1

const (
	numberKinds = kindInteger | kindNumber // kindNumber alone: with a fraction
	finiteKinds = kindNull | kindBoolean
)

// spread makes a set of types one of disjoint kinds.
func spread(k kinds) kinds {
	if k == 0 {
		return allKinds
	}
	if k&kindNumber != 0 {
		k |= kindInteger
	}
	return k
}

// kindsText is spread's way back, for people.
func kindsText(k kinds) string {
	switch {
	case k == allKinds:
		return "anything"
	case k == 0:
		return "nothing"
	case k&kindNumber != 0:
		k &^= kindInteger
	}
	return k.String()
}

// constantKind returns the kind of a constant.
func constantKind(c constant) kinds {
	switch c.key[0] {
	case 'n':
		return kindNull
	case 't', 'f':
		return kindBoolean
	case '"':
		return kindString
	case '[':
		return kindArray
	case '{':
		return kindObject
	}
	if strings.Contains(c.key, "e-") {
		return kindNumber
	}
	return kindInteger
}

// possible returns the kinds of values that n may accept, perhaps too many.
func (s *side) possible(n *node) kinds {
	if k, ok := s.kind[n]; ok {
		return k
	}
	k := spread(n.types)
	if n.never || n.not != nil && s.anything(n.not) {
		k = 0
	}
	if n.constant != nil {
		k &= constantKind(*n.constant)
	}
	if n.enum != nil {
		var some kinds
		for _, c := range n.enum {
			some |= constantKind(c)
		}
		k &= some
	}
	if n.ref != nil {
		k &= s.possible(n.ref)
	}
	for _, sub := range n.allOf {
		k &= s.possible(sub)
	}
	for _, group := range [][]*node{n.anyOf, n.oneOf} {
		var some kinds
		for _, sub := range group {
			some |= s.possible(sub)
		}
		if len(group) > 0 {
			k &= some
		}
	}
	s.kind[n] = k
	return k
}
