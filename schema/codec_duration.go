package schema

import (
	"math"
	"strconv"
	"time"
)

// appendDuration writes a duration as Pydantic does: ISO 8601 with years of 365
// days ("P1Y35DT1H1M1.5S"), zero as "PT0S", the sign before the P.
func appendDuration(b []byte, d time.Duration) []byte {
	rest := uint64(d)
	if d < 0 {
		b = append(b, '-')
		rest = -rest // exact for the smallest one, too
	}
	take := func(unit uint64, letter byte) {
		if n := rest / unit; n > 0 {
			b = append(strconv.AppendUint(b, n, 10), letter)
			rest -= n * unit
		}
	}
	b = append(b, 'P')
	take(year, 'Y')
	take(day, 'D')
	if rest == 0 {
		if d == 0 {
			b = append(b, "T0S"...)
		}
		return b
	}
	b = append(b, 'T')
	take(uint64(time.Hour), 'H')
	take(uint64(time.Minute), 'M')
	if rest == 0 {
		return b
	}
	b = strconv.AppendUint(b, rest/uint64(time.Second), 10)
	if nanos := rest % uint64(time.Second); nanos > 0 {
		digits := strconv.AppendUint(nil, nanos+uint64(time.Second), 10) // a leading 1 keeps the zeros
		digits[0] = '.'
		end := len(digits)
		for digits[end-1] == '0' {
			end--
		}
		b = append(b, digits[:end]...)
	}
	return append(b, 'S')
}

const (
	day  = 24 * uint64(time.Hour)
	year = 365 * day
)

// durationUnits are the units of ISO 8601 in the order before and behind the
// T. A year has 365 days and a month 30, as in Pydantic.
var durationUnits = [2]map[byte]uint64{
	{'Y': year, 'M': 30 * day, 'W': 7 * day, 'D': day},
	{'H': uint64(time.Hour), 'M': uint64(time.Minute), 'S': uint64(time.Second)},
}

// parseDuration reads what isDuration accepts; wide means that it is a duration
// beyond nanoseconds or 292 years.
func parseDuration(s []byte) (d time.Duration, valid, wide bool) {
	if !isDuration(s) {
		return 0, false, false
	}
	negative := s[0] == '-'
	if s[0] == '-' || s[0] == '+' {
		s = s[1:]
	}
	units := durationUnits[0]
	var sum uint64
	for s = s[1:]; len(s) > 0; {
		if s[0] == 'T' {
			units, s = durationUnits[1], s[1:]
			continue
		}
		n := countDigits(s)
		fraction := 0
		if s[n] == '.' {
			fraction = countDigits(s[n+1:]) + 1
		}
		part, ok := durationPart(s[:n], s[n:n+fraction], units[s[n+fraction]])
		if !ok || part > math.MaxInt64+1 || sum+part > math.MaxInt64+1 {
			return 0, true, true
		}
		sum += part
		s = s[n+fraction+1:]
	}
	if !negative && sum > math.MaxInt64 {
		return 0, true, true
	}
	if negative {
		sum = -sum
	}
	return time.Duration(sum), true, false
}

// durationPart is a number of units in nanoseconds. Only seconds have a
// fraction.
func durationPart(digits, fraction []byte, unit uint64) (uint64, bool) {
	n, err := strconv.ParseUint(string(digits), 10, 64)
	if err != nil || n > (math.MaxInt64+1)/unit {
		return 0, false
	}
	n *= unit
	scale := uint64(time.Second) / 10
	for _, c := range fraction[min(1, len(fraction)):] {
		if scale == 0 && c != '0' {
			return 0, false
		}
		n += uint64(c-'0') * scale
		scale /= 10
	}
	return n, true
}
