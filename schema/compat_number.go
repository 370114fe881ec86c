package schema

import (
	"math/big"
)

// A span is where the numbers of a shape lie; nil is no bound.
type span struct {
	low, high         *big.Rat
	lowOpen, highOpen bool
}

func (s *shape) span() span {
	var sp span
	raise := func(b *bound, open bool) {
		if b == nil {
			return
		}
		v := b.value.rat()
		if c := compareOr(v, sp.low, 1); c > 0 || c == 0 && open {
			sp.low, sp.lowOpen = v, open
		}
	}
	lower := func(b *bound, open bool) {
		if b == nil {
			return
		}
		v := b.value.rat()
		if c := compareOr(v, sp.high, -1); c < 0 || c == 0 && open {
			sp.high, sp.highOpen = v, open
		}
	}
	for _, n := range s.nodes {
		raise(n.minimum, false)
		raise(n.above, true)
		lower(n.maximum, false)
		lower(n.below, true)
	}
	if s.kinds&numberKinds == kindInteger {
		sp.low, sp.lowOpen = nextInteger(sp.low, sp.lowOpen), false
		if sp.high != nil {
			up := nextInteger(new(big.Rat).Neg(sp.high), sp.highOpen)
			sp.high, sp.highOpen = up.Neg(up), false
		}
	}
	return sp
}

func compareOr(v, old *big.Rat, none int) int {
	if old == nil {
		return none
	}
	return v.Cmp(old)
}

// nextInteger is the smallest integer from v on, or above v if it is excluded.
func nextInteger(v *big.Rat, open bool) *big.Rat {
	if v == nil {
		return nil
	}
	n := new(big.Int).Div(v.Num(), v.Denom()) // floor
	if open || !v.IsInt() {
		n.Add(n, big.NewInt(1))
	}
	return new(big.Rat).SetInt(n)
}

func (sp span) empty() bool {
	if sp.low == nil || sp.high == nil {
		return false
	}
	c := sp.low.Cmp(sp.high)
	return c > 0 || c == 0 && (sp.lowOpen || sp.highOpen)
}

func (p *prover) numberFits(s *shape, r *node, rep *report) bool {
	if s.kinds&numberKinds == 0 || r.minimum == nil && r.maximum == nil && r.above == nil && r.below == nil && r.multipleOf == nil {
		return true
	}
	sp, ok := s.span(), true
	if sp.empty() {
		return true
	}
	lowText, highText := "any number, however small", "any number, however great"
	if sp.low != nil {
		lowText = "numbers from " + ratText(sp.low) + " on"
		if sp.lowOpen {
			lowText = "numbers above " + ratText(sp.low)
		}
	}
	if sp.high != nil {
		highText = "numbers up to " + ratText(sp.high)
		if sp.highOpen {
			highText = "numbers below " + ratText(sp.high)
		}
	}
	const fix = "give the writer's schema the same bound, or relax the reader's"
	if r.minimum != nil && (sp.low == nil || sp.low.Cmp(r.minimum.value.rat()) < 0) {
		ok = p.refuse(rep, "minimum", lowText, "at least "+shorten(r.minimum.text), fix)
	}
	if r.above != nil {
		if sp.low == nil || sp.low.Cmp(r.above.value.rat()) < 0 || sp.low.Cmp(r.above.value.rat()) == 0 && !sp.lowOpen {
			ok = p.refuse(rep, "exclusiveMinimum", lowText, "more than "+shorten(r.above.text), fix)
		}
	}
	if r.maximum != nil && (sp.high == nil || sp.high.Cmp(r.maximum.value.rat()) > 0) {
		ok = p.refuse(rep, "maximum", highText, "at most "+shorten(r.maximum.text), fix)
	}
	if r.below != nil {
		if sp.high == nil || sp.high.Cmp(r.below.value.rat()) > 0 || sp.high.Cmp(r.below.value.rat()) == 0 && !sp.highOpen {
			ok = p.refuse(rep, "exclusiveMaximum", highText, "less than "+shorten(r.below.text), fix)
		}
	}
	if r.multipleOf != nil && !s.multipleOf(r.multipleOf) {
		ok = p.refuse(rep, "multipleOf", kindsText(s.kinds&numberKinds), "multiples of "+shorten(r.multiple), "let the writer keep to the same multiples, or drop multipleOf from the reader's schema")
	}
	return ok
}

// multipleOf proves that all numbers of the shape are multiples of m.
func (s *shape) multipleOf(m *big.Rat) bool {
	if s.kinds&numberKinds == kindInteger && new(big.Rat).Inv(m).IsInt() {
		return true
	}
	for _, n := range s.nodes {
		if n.multipleOf != nil && new(big.Rat).Quo(n.multipleOf, m).IsInt() {
			return true
		}
	}
	return false
}
