package celery

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// appendInstant writes t as Python's isoformat does: UTC as +00:00, and
// microseconds only where there are any. Celery 5.2 loses messages with more
// digits (PROTOCOL.md, section 5).
func appendInstant(dst []byte, t time.Time) ([]byte, error) {
	t = t.UTC()
	if y := t.Year(); y < 1 || y > 9999 {
		return nil, fmt.Errorf("year %d is outside of what Python knows (1 to 9999)", y)
	}
	layout := "2006-01-02T15:04:05+00:00"
	if t.Nanosecond() >= 1000 {
		layout = "2006-01-02T15:04:05.000000+00:00"
	}
	return t.AppendFormat(dst, layout), nil
}

// instantHeader is the value of an eta or expires header; the zero time is null.
func instantHeader(t time.Time) (any, error) {
	if t.IsZero() {
		return nil, nil
	}
	text, err := appendInstant(make([]byte, 0, 32), t)
	if err != nil {
		return nil, err
	}
	return string(text), nil
}

// maxExpiration is the largest expiration that RabbitMQ takes: ten years of 365
// days (measured on 3.10.8; one more closes the channel with 406, and with it
// goes what other goroutines have in flight).
const maxExpiration = 3650 * 24 * time.Hour

// expiration returns the property of that name: the milliseconds until t,
// rounded up, so that only what has expired already says "0". What lasts longer
// than the broker can count has the whole truth in its header.
func expiration(t, now time.Time) string {
	if t.IsZero() {
		return ""
	}
	left := min(t.Sub(now), maxExpiration)
	if left <= 0 {
		return "0"
	}
	ms := int64(left / time.Millisecond)
	if left%time.Millisecond > 0 {
		ms++
	}
	return strconv.FormatInt(ms, 10)
}

var errNotInstant = errors.New("neither an ISO 8601 time nor null")

// parseInstant reads an eta or expires: ISO 8601 text, an AMQP timestamp, or
// null for the zero time. A time without an offset is UTC, as for Celery. What
// is finer than a microsecond is cut off.
func parseInstant(value any) (time.Time, error) {
	switch v := value.(type) {
	case nil:
		return time.Time{}, nil
	case time.Time:
		return v.UTC().Truncate(time.Microsecond), nil
	case string:
		return parseISO(v)
	}
	return time.Time{}, errNotInstant
}

// The layouts in which Python and Celery write times; the parser accepts a
// fraction after the seconds of each.
var isoLayouts = [...]string{
	"2006-01-02T15:04:05Z07:00",
	"2006-01-02T15:04:05",
	"2006-01-02T15:04:05Z0700",
	"2006-01-02T15:04:05Z07",
	"2006-01-02T15:04Z07:00",
	"2006-01-02T15:04",
	"2006-01-02",
}

func parseISO(s string) (time.Time, error) {
	if len(s) > 64 || strings.Contains(s, ",") { // Go takes a comma before the fraction
		return time.Time{}, errNotInstant
	}
	if len(s) > 10 && s[10] == ' ' {
		s = s[:10] + "T" + s[11:]
	}
	for _, layout := range isoLayouts {
		if t, err := time.Parse(layout, s); err == nil {
			return t.UTC().Truncate(time.Microsecond), nil
		}
	}
	return time.Time{}, errNotInstant
}
