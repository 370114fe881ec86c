//go:build big

package registry_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/registry"
)

// TestFileBig measures a large directory: go test -tags big -run FileBig -v.
func TestFileBig(t *testing.T) {
	dir := t.TempDir()
	r := openFile(t, dir)
	const topics, perCall = 2_000, 200
	var known []*salt.Spec
	start := time.Now()
	for i := range topics / perCall {
		var specs []*salt.Spec
		for k := range perCall {
			for v := range 5 {
				specs = append(specs, event(fmt.Sprintf("topic.n%d", i*perCall+k), fmt.Sprintf("v%d", v+1), fmt.Sprint("member", i)))
			}
		}
		register(t, r, specs...)
		known = specs[:perCall]
	}
	t.Logf("register %d versions: %v", topics*5, time.Since(start))
	start = time.Now()
	again := openFile(t, dir)
	t.Logf("open: %v", time.Since(start))
	measure := func(what string, n int, f func(i int)) {
		var all []time.Duration
		for i := range n {
			start := time.Now()
			f(i)
			all = append(all, time.Since(start))
		}
		slices.Sort(all)
		t.Logf("%s: p50 %v, p99 %v", what, all[n/2], all[n*99/100])
	}
	for _, r := range []*registry.File{again} {
		measure("lookup", 10_000, func(i int) { r.Lookup(t.Context(), fmt.Sprintf("topic.n%d", i%topics), "latest") })
		measure("register 200 known", 100, func(int) { register(t, r, known...) })
		measure("register 1 new", 50, func(i int) { register(t, r, event(fmt.Sprintf("new.n%d", i), "v1", "x")) })
	}
	register(t, r, event("foreign", "v1", "x"))
	measure("lookup after another process's change", 20, func(i int) { again.Lookup(t.Context(), "foreign", "v1") })
}
