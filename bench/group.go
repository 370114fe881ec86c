package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// A sample is one measurement.
type sample struct {
	count   int
	elapsed time.Duration
	cpu     time.Duration // of this process
}

func (s sample) rate() float64 { return float64(s.count) / s.elapsed.Seconds() }

// A cell is one scenario and its samples, one a round.
type cell struct {
	name    string
	base    *cell // what its ratio refers to; nil for a base
	run     func(context.Context) (sample, error)
	samples []sample
}

// A group is a table of cells.
type group struct {
	name  string
	cells []*cell
}

func (g *group) add(name string, base *cell, run func(context.Context) (sample, error)) *cell {
	c := &cell{name: name, base: base, run: run}
	g.cells = append(g.cells, c)
	return c
}

// measure runs the cells in turn, round by round. Odd rounds go backwards, so
// that no cell always has the same neighbour before it. Cells whose name does
// not contain only are left out.
func (g *group) measure(ctx context.Context, rounds int, only string) error {
	g.cells = slices.DeleteFunc(g.cells, func(c *cell) bool { return !strings.Contains(c.name, only) })
	for round := range rounds {
		order := slices.Clone(g.cells)
		if round%2 == 1 {
			slices.Reverse(order)
		}
		for _, c := range order {
			// Whatever hangs must end: the slowest cell takes a few seconds.
			one, cancel := context.WithTimeout(ctx, time.Minute)
			s, err := c.run(one)
			cancel()
			if err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
			c.samples = append(c.samples, s)
		}
	}
	return nil
}

func (g *group) print(out io.Writer) error {
	if len(g.cells) == 0 {
		return nil
	}
	fmt.Fprintf(out, "\n%s\n", g.name)
	w := tabwriter.NewWriter(out, 2, 0, 2, ' ', 0)
	fmt.Fprintln(w, "  scenario\tmsg/s\tmin..max\tratio to its raw\tmin..max\tCPU µs/msg")
	for _, c := range g.cells {
		rates := column(c.samples, sample.rate)
		fmt.Fprintf(w, "  %s\t%.0f\t%.0f..%.0f\t", c.name, median(rates), slices.Min(rates), slices.Max(rates))
		if c.base == nil || len(c.base.samples) == 0 {
			fmt.Fprint(w, "1\t\t")
		} else {
			ratios := c.ratios()
			fmt.Fprintf(w, "%.2f\t%.2f..%.2f\t", median(ratios), slices.Min(ratios), slices.Max(ratios))
		}
		fmt.Fprintf(w, "%.1f\n", median(column(c.samples, func(s sample) float64 {
			return float64(s.cpu.Nanoseconds()) / 1e3 / float64(s.count)
		})))
	}
	return w.Flush() // all that was written to w fails here, if it does
}

// ratios compares each round with the same round of the base.
func (c *cell) ratios() []float64 {
	var rs []float64
	for i := range c.samples {
		rs = append(rs, c.samples[i].rate()/c.base.samples[i].rate())
	}
	return rs
}

func column[T cmp.Ordered](samples []sample, f func(sample) T) []T {
	var list []T
	for _, s := range samples {
		list = append(list, f(s))
	}
	return list
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	n := len(sorted)
	return (sorted[(n-1)/2] + sorted[n/2]) / 2
}

// A stopwatch measures wall time and this process's CPU time.
type stopwatch struct {
	wall time.Time
	cpu  time.Duration
}

func startWatch() stopwatch { return stopwatch{time.Now(), cpuTime()} }

func (w stopwatch) stop(count int) sample {
	return sample{count: count, elapsed: time.Since(w.wall), cpu: cpuTime() - w.cpu}
}

func cpuTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
