//go:build big

package postgres_test

import (
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// TestBig measures a registry of 10,000 topics with 5 versions each.
func TestBig(t *testing.T) {
	url, name := aside(t)
	r, c := counted(t, url, nil)
	if err := r.Ping(patience(t)); err != nil {
		t.Fatal(err)
	}
	// Filled without comparing versions, which is schema's work.
	if err := r.SetPolicy(patience(t), "", salt.Policy{Compatibility: salt.CompatibilityNone}); err != nil {
		t.Fatal(err)
	}
	const topics, versions = 10_000, 5
	begun := time.Now()
	for at := range topics / 500 {
		var specs []*salt.Spec
		for i := range 500 {
			for v := range versions {
				specs = append(specs, big(at*500+i, v+1))
			}
		}
		c.take()
		if err := r.Register(patience(t), specs...); err != nil {
			t.Fatal(err)
		}
		if n, _ := c.take(); at == 0 {
			t.Logf("registering %d new versions of %d bytes: %d statements", len(specs), len(specs[0].Schema.JSON()), n)
		}
	}
	t.Logf("registered %d versions in %v", topics*versions, time.Since(begun))
	if err := execute(t, url, fmt.Sprintf("analyze %q.versions; analyze %q.schemas", name, name)); err != nil {
		t.Fatal(err)
	}
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	measure := func(what string, n int, do func() error) {
		t.Helper()
		times := make([]time.Duration, 0, n)
		c.take()
		for range n {
			begun := time.Now()
			if err := do(); err != nil {
				t.Fatalf("%s: %v", what, err)
			}
			times = append(times, time.Since(begun))
		}
		statements, _ := c.take()
		slices.Sort(times)
		t.Logf("%-34s p50 %8v  p99 %8v  %.2f statements a call", what, times[n/2].Round(time.Microsecond), times[n*99/100].Round(time.Microsecond), float64(statements)/float64(n))
	}
	measure("Lookup of a version", 3000, func() error {
		_, err := r.Lookup(patience(t), fmt.Sprintf("big.topic.%d", rand.IntN(topics)), fmt.Sprintf("v%d", 1+rand.IntN(versions)))
		return err
	})
	measure("Lookup of the latest", 3000, func() error {
		found, err := r.Lookup(patience(t), fmt.Sprintf("big.topic.%d", rand.IntN(topics)), salt.LatestVersion)
		if err == nil && found.Version != "v5" {
			t.Errorf("latest is %s", found.Version)
		}
		return err
	})
	service := func(prefix string, from int) (specs []*salt.Spec) {
		for i := range 200 {
			s := big(from+i, 5)
			s.Topic = prefix + s.Topic
			specs = append(specs, s)
		}
		return specs
	}
	known := service("", rand.IntN(topics-200))
	measure("Register of 200 known", 300, func() error { return r.Register(patience(t), known...) })
	reworded := slices.Clone(known) // as Python would write them: equal, in another text
	for i, s := range reworded {
		other := *s
		other.Schema = schema.MustParse(strings.Replace(s.Schema.String(), `"title":"T"`, `"title":"Another"`, 1))
		reworded[i] = &other
	}
	measure("Register of 200 known, reworded", 50, func() error { return r.Register(patience(t), reworded...) })
	round := 0
	measure("Register of 200 new", 50, func() error {
		round++
		return r.Register(patience(t), service(fmt.Sprintf("new%d.", round), 0)...)
	})
	measure("Records of a topic", 1000, func() error { return drain(r.Records(patience(t), fmt.Sprintf("big.topic.%d", rand.IntN(topics)))) })
	begun, most := time.Now(), uint64(0)
	count := 0
	for _, err := range r.Records(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		if count++; count%10_000 == 0 {
			most = max(most, heap())
		}
	}
	t.Logf("Records of all %d in %v, heap at most %.1f MiB; heap %.1f MiB before and %.1f MiB after all this", count, time.Since(begun),
		float64(most)/(1<<20), float64(before)/(1<<20), float64(heap())/(1<<20))
	status, _ := os.ReadFile("/proc/self/status")
	for line := range strings.Lines(string(status)) {
		if strings.HasPrefix(line, "VmHWM") {
			t.Logf("the process had at most %s", strings.Join(strings.Fields(line)[1:], " "))
		}
	}
	t.Logf("the database has %d MiB", query[int64](t, url, fmt.Sprintf("select sum(pg_total_relation_size(c.oid))::bigint >> 20 from pg_class c join pg_namespace n on n.oid = relnamespace where nspname = '%s' and relkind = 'r'", name)))
}

// big is an event of 20 members; each topic has its own texts.
func big(topic, version int) *salt.Spec {
	s := event(fmt.Sprintf("big.topic.%d", topic), fmt.Sprintf("v%d", version), "string")
	var members, required []string
	for i := range 20 + version {
		members = append(members, fmt.Sprintf(`"member_%d_of_%d":{"type":"string","title":"Member %d","description":"What it is, in a few words."}`, i, topic, i))
		if i < 20 {
			required = append(required, fmt.Sprintf(`"member_%d_of_%d"`, i, topic))
		}
	}
	s.Schema = schema.Trust(fmt.Appendf(nil, `{"type":"object","title":"T","properties":{%s},"required":[%s]}`, strings.Join(members, ","), strings.Join(required, ",")))
	return s
}
