package schema

import (
	"strings"
	"testing"
	"unicode/utf8"
)

// Every pair of small Decimal patterns, held against every text that matters.
func TestDecimalPatternWithin(t *testing.T) {
	t.Parallel()
	var texts []string
	for whole := range 7 {
		texts = append(texts, strings.Repeat("1", max(whole, 1)))
		for places := range 7 {
			if whole+places > 0 {
				texts = append(texts, strings.Repeat("1", whole)+"."+strings.Repeat("1", places))
			}
		}
	}
	all := []decimalPattern{{noBound, noBound, noBound}}
	for n := range 4 {
		all = append(all, decimalPattern{noBound, n, noBound}) // decimal_places
		for combined := range 5 {
			all = append(all, decimalPattern{n, noBound, combined + 1}) // max_digits
			for places := range 4 {
				all = append(all, decimalPattern{n, places, combined + 1}) // both
			}
		}
	}
	held, missed := 0, 0
	for _, a := range all {
		for _, b := range all {
			contained := true
			for _, text := range texts {
				contained = contained && (!a.match([]byte(text)) || b.match([]byte(text)))
			}
			switch within := a.within(b); {
			case within && !contained:
				t.Errorf("%v is said to be within %v", a, b)
			case within:
				held++
			case contained:
				missed++
			}
		}
	}
	t.Logf("%d pairs: %d hold, %d more would", len(all)*len(all), held, missed)
	if held < missed {
		t.Error("too few are recognised")
	}
}

var formatTexts = map[string]string{
	"date-time": "2026-01-02T03:04:05 2026-01-02T03:04:05.123456+05:30", "date": "2026-01-02 0001-12-31", "time": "03:04:05 03:04:05.5Z", "duration": "P1D PT0.5S",
	"uuid": "00000000-0000-0000-0000-000000000000 123E4567-e89b-12d3-a456-426614174000", "uuid1": "123e4567-e89b-12d3-a456-426614174000", "uuid3": "123e4567-e89b-32d3-a456-426614174000",
	"uuid4": "123e4567-e89b-42d3-a456-426614174000", "uuid5": "123e4567-e89b-52d3-a456-426614174000", "uuid6": "123e4567-e89b-62d3-a456-426614174000",
	"uuid7": "123e4567-e89b-72d3-a456-426614174000", "uuid8": "123e4567-e89b-82d3-A456-426614174000",
	"email": "a@b é@ü.example", "hostname": "a a-b.example 1.2.3.4", "uri": "a:b https://x/y",
	"ipv4": "0.0.0.0 255.255.255.255", "ipv6": ":: 2001:db8::ffff:1.2.3.4", "ipvanyaddress": "1.2.3.4 ::1",
	"ipv4network": "1.2.3.4 10.0.0.0/8", "ipv6network": "::1 2001:db8::/32", "ipvanynetwork": "::1 10.0.0.0/8 2001:db8::/32",
	"ipv4interface": "1.2.3.4 10.0.0.1/8", "ipv6interface": "::1 2001:db8::1/32", "ipvanyinterface": "10.0.0.1/8 2001:db8::1/32",
	"base64": "YQ== AAAA", "base64url": "YQ -_-_",
}

// What a format is said to be within, and how long it is said to be, holds for
// its texts.
func TestFormatsWithin(t *testing.T) {
	t.Parallel()
	for name, f := range formats {
		texts := strings.Fields(formatTexts[name])
		if len(texts) == 0 {
			t.Errorf("no text for %s", name)
		}
		for _, text := range texts {
			if !f.valid([]byte(text)) {
				t.Errorf("%q is no %s", text, name)
			}
			if l, ok := formatLengths[name]; ok {
				if n := utf8.RuneCountInString(text); n < l[0] || l[1] >= 0 && n > l[1] {
					t.Errorf("%s: %q has %d characters, said are %v", name, text, n, l)
				}
			}
			for other, wide := range formats {
				if isWithin(name, other) && !wide.valid([]byte(text)) {
					t.Errorf("%s is said to be within %s, which refuses %q", name, other, text)
				}
			}
		}
	}
	for name, nexts := range wider {
		for _, next := range append(nexts, name) {
			if formats[next] == nil {
				t.Errorf("%s: no such format", next)
			}
		}
	}
}
