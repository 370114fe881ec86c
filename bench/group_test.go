package main

import (
	"context"
	"strings"
	"testing"
	"time"
)

func TestGroupComparesRoundByRound(t *testing.T) {
	t.Parallel()
	g := &group{name: "g"}
	fixed := func(counts ...int) func(context.Context) (sample, error) {
		i := -1
		return func(context.Context) (sample, error) {
			i++
			return sample{count: counts[i], elapsed: time.Second, cpu: time.Millisecond}, nil
		}
	}
	base := g.add("base", nil, fixed(100, 10, 100))
	twice := g.add("twice", base, fixed(200, 20, 50))
	if err := g.measure(t.Context(), 3, ""); err != nil {
		t.Fatal(err)
	}
	if got := median(twice.ratios()); got != 2 {
		t.Errorf("median ratio %v, want 2", got)
	}
	var out strings.Builder
	if err := g.print(&out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "2.00") {
		t.Errorf("no ratio in the table:\n%s", &out)
	}
}

func TestMedian(t *testing.T) {
	t.Parallel()
	if got := median([]float64{9, 1, 5}); got != 5 {
		t.Errorf("odd: %v", got)
	}
	if got := median([]float64{4, 1, 2, 9}); got != 3 {
		t.Errorf("even: %v", got)
	}
}
