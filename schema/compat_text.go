package schema

import "slices"

// formatLengths are the lengths of the texts that a format permits.
var formatLengths = map[string][2]int{
	"date": {10, 10}, "time": {8, -1}, "date-time": {19, -1},
	"uuid": {36, 36}, "uuid1": {36, 36}, "uuid3": {36, 36}, "uuid4": {36, 36}, "uuid5": {36, 36}, "uuid6": {36, 36}, "uuid7": {36, 36}, "uuid8": {36, 36},
	"email": {3, 254}, "hostname": {1, 253}, "uri": {3, -1}, "ipv4": {7, 15}, "ipv6": {2, -1},
}

// lengths returns how long the texts of a shape are; most is -1 without bound.
func (s *shape) lengths() (least, most int) {
	most = -1
	bind := func(low, high int) {
		least = max(least, low)
		if high >= 0 && (most < 0 || high < most) {
			most = high
		}
	}
	for _, n := range s.nodes {
		bind(n.minLength, n.maxLength)
		if length, ok := formatLengths[n.format.name()]; ok {
			bind(length[0], length[1])
		}
	}
	return least, most
}

func (p *prover) textFits(s *shape, r *node, rep *report) bool {
	if s.kinds&kindString == 0 || r.minLength <= 0 && r.maxLength < 0 && r.pattern == nil && r.format == nil {
		return true
	}
	least, most := s.lengths()
	if most >= 0 && least > most {
		return true // there are none
	}
	ok := true
	if least < r.minLength {
		ok = p.refuse(rep, "minLength", "text from "+plural(least, "character")+" on", "at least "+plural(r.minLength, "character"), "raise minLength in the writer's schema, or lower it in the reader's")
	}
	if r.maxLength >= 0 && (most < 0 || most > r.maxLength) {
		ok = p.refuse(rep, "maxLength", upTo(most, "character"), "at most "+plural(r.maxLength, "character"), "lower maxLength in the writer's schema, or raise it in the reader's")
	}
	if r.pattern != nil && !p.matches(s, r.pattern) {
		ok = p.patternRefuses(s, r.pattern, rep)
	}
	if r.format != nil && !s.formatted(r.format) {
		ok = p.refuse(rep, "format", s.formatText(), r.format.expected, "give the writer's schema the same format, or drop it from the reader's")
	}
	return ok
}

func upTo(most int, unit string) string {
	if most < 0 {
		return "any number of " + unit + "s"
	}
	return "up to " + plural(most, unit)
}

func (p *prover) matches(s *shape, r *pattern) bool {
	for _, n := range s.nodes {
		if p.lenient && r.decimal != nil && p.writer.decimalTexts[n] {
			return true
		}
		if n.pattern == nil {
			continue
		}
		if n.pattern.text == r.text || n.pattern.decimal != nil && r.decimal != nil && n.pattern.decimal.within(*r.decimal) {
			return true
		}
	}
	return false
}

// patternRefuses tells a text without any pattern, which certainly breaks it,
// from one with another pattern, which nobody here compares.
func (p *prover) patternRefuses(s *shape, r *pattern, rep *report) bool {
	writer := ""
	for _, n := range s.nodes {
		if n.pattern != nil {
			writer = n.pattern.summary()
			if n.pattern.decimal != nil && r.decimal != nil {
				return p.refuse(rep, "pattern", writer+" with more digits", r.summary(), "keep the writer's decimal to the reader's digits and places")
			}
		}
	}
	if writer != "" || !s.plainText() {
		if writer == "" {
			writer = s.formatText()
		}
		return p.refuse(rep, unproven, writer, r.summary()+" (pattern)", "give the writer's schema the same pattern, or drop it from the reader's")
	}
	return p.refuse(rep, "pattern", "any text", r.summary(), "give the writer's schema the same pattern, or drop it from the reader's")
}

func (s *shape) plainText() bool {
	for _, n := range s.nodes {
		if n.format != nil {
			return false
		}
	}
	return true
}

// within proves that what matches d matches r.
func (d decimalPattern) within(r decimalPattern) bool {
	limits := func(d decimalPattern) (integer, places int) {
		if d.combined < noBound && d.places == noBound {
			return d.combined, d.combined // only the whole is bounded
		}
		return d.integer, d.places
	}
	di, dp := limits(d)
	ri, rp := limits(r)
	di, dp = min(di, d.combined-1), min(dp, d.combined-1) // the point counts
	return d.integer <= r.integer && di <= ri && dp <= rp && min(d.combined, di+1+dp) <= r.combined
}

func (f *format) name() string {
	if f == nil {
		return ""
	}
	for name, other := range formats {
		if other == f {
			return name
		}
	}
	return ""
}

// wider lists for a format those that accept all of its texts and are next to
// it.
var wider = map[string][]string{
	"uuid1": {"uuid"}, "uuid3": {"uuid"}, "uuid4": {"uuid"}, "uuid5": {"uuid"}, "uuid6": {"uuid"}, "uuid7": {"uuid"}, "uuid8": {"uuid"},
	"uuid": {"hostname"},
	"ipv4": {"ipvanyaddress", "ipv4network", "hostname"},
	"ipv6": {"ipvanyaddress", "ipv6network"},

	"ipvanyaddress": {"ipvanynetwork"},
	"ipv4network":   {"ipvanynetwork", "ipv4interface"},
	"ipv6network":   {"ipvanynetwork", "ipv6interface"},
	"ipvanynetwork": {"ipvanyinterface"},
	"ipv4interface": {"ipvanyinterface"},
	"ipv6interface": {"ipvanyinterface"},
	"date":          {"hostname"},
}

func isWithin(name, of string) bool {
	if name == of {
		return true
	}
	for _, next := range wider[name] {
		if isWithin(next, of) {
			return true
		}
	}
	return false
}

func (s *shape) formatted(r *format) bool {
	name := r.name()
	for _, n := range s.nodes {
		if n.format != nil && isWithin(n.format.name(), name) {
			return true
		}
	}
	return false
}

func (s *shape) formatText() string {
	for _, n := range s.nodes {
		if n.format != nil {
			return n.format.expected
		}
	}
	return "any text"
}

// findDecimals notes the text form of a Decimal as Pydantic has written it since
// 2.14, without the pattern.
func (s *side) findDecimals(n *node) {
	if !slices.ContainsFunc(n.anyOf, func(sub *node) bool { return sub.types == kindNumber }) {
		return
	}
	for _, sub := range n.anyOf {
		if f := s.facts[sub]; sub.types == kindString && len(f.local) == 1 && len(f.edges) == 0 {
			s.decimalTexts[sub] = true
		}
	}
}
