package schema

import (
	"math"
	"testing"
	"time"
)

func TestDuration(t *testing.T) {
	t.Parallel()
	// As Pydantic 2.13 writes them, but for nanoseconds, which Python has not.
	for d, want := range map[time.Duration]string{
		0:                       "PT0S",
		90 * time.Second:        "PT1M30S",
		500 * time.Millisecond:  "PT0.5S",
		-time.Second:            "-PT1S",
		-500 * time.Millisecond: "-PT0.5S",
		24 * time.Hour:          "P1D",
		400*24*time.Hour + 3661*time.Second + time.Microsecond: "P1Y35DT1H1M1.000001S",
		time.Microsecond:                 "PT0.000001S",
		-3*24*time.Hour - time.Second:    "-P3DT1S",
		time.Hour:                        "PT1H",
		59*time.Second + 990*1e6:         "PT59.99S",
		1:                                "PT0.000000001S",
		math.MinInt64:                    "-P292Y171DT23H47M16.854775808S",
		math.MaxInt64:                    "P292Y171DT23H47M16.854775807S",
		365*24*time.Hour - 1:             "P364DT23H59M59.999999999S",
		time.Minute + 10*time.Nanosecond: "PT1M0.00000001S",
	} {
		if got := string(appendDuration(nil, d)); got != want {
			t.Errorf("%d is written %q, want %q", d, got, want)
		}
		if got, valid, wide := parseDuration([]byte(want)); got != d || !valid || wide {
			t.Errorf("%q is read as %d (%t, %t), want %d", want, got, valid, wide, d)
		}
	}
	for text, want := range map[string]time.Duration{
		"P2W": 14 * 24 * time.Hour, "P1M": 30 * 24 * time.Hour, "P1Y2M3D": (365 + 60 + 3) * 24 * time.Hour,
		"+PT1.500S": 1500 * time.Millisecond, "PT36H": 36 * time.Hour, "-P0D": 0, "PT0.0000000010S": 1,
	} {
		if got, valid, wide := parseDuration([]byte(text)); got != want || !valid || wide {
			t.Errorf("%q is read as %v (%t, %t), want %v", text, got, valid, wide, want)
		}
	}
	for _, text := range []string{"", "P", "PT", "1m30s", "PT1H1H", "P1.5D", "PT-1S", "PT1S ", "p1d"} {
		if _, valid, _ := parseDuration([]byte(text)); valid {
			t.Errorf("%q is read", text)
		}
	}
	for _, text := range []string{
		"P293Y", "PT9223372036.854775808S", "-PT9223372036.854775809S", "PT0.0000000001S",
		"P99999999999999999999D", "PT9223372036S", "P292Y171DT23H47M17S", "P200YT5000000000S",
	} {
		_, valid, wide := parseDuration([]byte(text))
		if text == "PT9223372036S" { // the largest whole second
			if !valid || wide {
				t.Errorf("%q: got %t, %t", text, valid, wide)
			}
			continue
		}
		if !valid || !wide {
			t.Errorf("%q: got %t, %t, want valid and wide", text, valid, wide)
		}
	}
}

func FuzzDuration(f *testing.F) {
	for _, n := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64, 90e9} {
		f.Add(n, "PT1M30S")
	}
	f.Add(int64(5), "-P1Y35DT1H1M1.000001S")
	f.Fuzz(func(t *testing.T, n int64, text string) {
		written := appendDuration(nil, time.Duration(n))
		if !isDuration(written) {
			t.Errorf("%d is written %q, which is no duration", n, written)
		}
		if got, valid, wide := parseDuration(written); int64(got) != n || !valid || wide {
			t.Errorf("%d is written %q and read as %d", n, written, got)
		}
		d, valid, wide := parseDuration([]byte(text))
		if valid != isDuration([]byte(text)) {
			t.Errorf("%q: valid %t, against the format", text, valid)
		}
		if !valid || wide {
			return
		}
		if again, _, _ := parseDuration(appendDuration(nil, d)); again != d {
			t.Errorf("%q is %d and then %d", text, d, again)
		}
	})
}
