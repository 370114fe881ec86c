package schema

import (
	"bytes"
	"strings"
	"time"
)

// isDateTime accepts RFC 3339 in the spelling that Python's isoformat and Go's
// time package share (upper-case T and Z, no leap second), with or without an
// offset: Python's naive datetimes have none.
func isDateTime(s []byte) bool {
	return len(s) > 11 && s[10] == 'T' && isDate(s[:10]) && isTime(s[11:])
}

func isDate(s []byte) bool {
	year, ok1 := number(s, 0, 4)
	month, ok2 := number(s, 5, 2)
	day, ok3 := number(s, 8, 2)
	if !ok1 || !ok2 || !ok3 || len(s) != 10 || s[4] != '-' || s[7] != '-' || month < 1 || month > 12 || day < 1 {
		return false
	}
	// Day 0 of the next month is the last of this one.
	return day <= time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}

func isTime(s []byte) bool {
	if len(s) < 8 || s[2] != ':' || s[5] != ':' || !below(s, 0, 24) || !below(s, 3, 60) || !below(s, 6, 60) {
		return false
	}
	rest := s[8:]
	if len(rest) > 0 && rest[0] == '.' {
		digits := countDigits(rest[1:])
		if digits == 0 {
			return false
		}
		rest = rest[1+digits:]
	}
	switch {
	case len(rest) == 0 || len(rest) == 1 && rest[0] == 'Z':
		return true
	case len(rest) != 6 || rest[0] != '+' && rest[0] != '-' || rest[3] != ':':
		return false
	}
	return below(rest, 1, 24) && below(rest, 4, 60)
}

func below(s []byte, at, limit int) bool {
	n, ok := number(s, at, 2)
	return ok && n < limit
}

// number reads exactly size digits at an index.
func number(s []byte, at, size int) (int, bool) {
	if len(s) < at+size || countDigits(s[at:at+size]) != size {
		return 0, false
	}
	n := 0
	for _, c := range s[at : at+size] {
		n = n*10 + int(c-'0')
	}
	return n, true
}

func countDigits(s []byte) int {
	n := 0
	for n < len(s) && '0' <= s[n] && s[n] <= '9' {
		n++
	}
	return n
}

// isDuration accepts ISO 8601 as Pydantic writes it: an optional sign, then
// weeks alone, or years to days and hours to seconds in this order, at least one
// of them. Only seconds may have a fraction.
func isDuration(s []byte) bool {
	if len(s) > 0 && (s[0] == '-' || s[0] == '+') {
		s = s[1:]
	}
	if len(s) < 3 || s[0] != 'P' {
		return false
	}
	s = s[1:]
	if n := countDigits(s); n > 0 && n == len(s)-1 && s[n] == 'W' {
		return true
	}
	days, clock, hasClock := bytes.Cut(s, []byte("T"))
	return isParts(days, "YMD", false) && (!hasClock || len(clock) > 0 && isParts(clock, "HMS", true))
}

// isParts reports whether s is a sequence of numbers with units in order.
func isParts(s []byte, units string, fraction bool) bool {
	for len(s) > 0 {
		n := countDigits(s)
		if n == 0 {
			return false
		}
		fractional := fraction && n < len(s) && s[n] == '.'
		if fractional {
			more := countDigits(s[n+1:])
			if more == 0 {
				return false
			}
			n += 1 + more
		}
		if n == len(s) {
			return false
		}
		at := strings.IndexByte(units, s[n])
		if at < 0 || fractional && s[n] != 'S' {
			return false
		}
		units, s = units[at+1:], s[n+1:]
	}
	return true
}
