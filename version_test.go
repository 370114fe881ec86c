package salt_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/celerysalt/salt"
)

func TestCompareVersionsLikeCelerySalt(t *testing.T) {
	t.Parallel()
	type row struct {
		A, B string
		Cmp  int
	}
	for _, r := range readTable[row](t, "table_version_compare.json") {
		if got := salt.CompareVersions(r.A, r.B); got != r.Cmp {
			t.Errorf("CompareVersions(%q, %q) = %d, celery-salt says %d", r.A, r.B, got, r.Cmp)
		}
	}
}

func TestAcceptsVersionLikeCelerySalt(t *testing.T) {
	t.Parallel()
	type row struct {
		Handler, Message *string
		Accepted         any // a string is the exception Python raised
	}
	for _, r := range readTable[row](t, "table_version_filter.json") {
		want, ok := r.Accepted.(bool)
		if !ok {
			continue
		}
		h, m := salt.LatestVersion, ""
		if r.Handler != nil {
			h = *r.Handler
		}
		if r.Message != nil {
			if m = *r.Message; m == "" {
				m = "v0" // what Python reads it as, and what the celery package decodes it to
			}
		}
		if got := salt.AcceptsVersion(h, m); got != want {
			t.Errorf("AcceptsVersion(%q, %q) = %v, celery-salt says %v", h, m, got, want)
		}
	}
}

func TestSortVersions(t *testing.T) {
	t.Parallel()
	got := []string{"v10", "v2.0", "v1", "v1.2", "v2", "v1.10"}
	salt.SortVersions(got)
	if diff := cmp.Diff([]string{"v1", "v1.2", "v1.10", "v2", "v2.0", "v10"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestCheckVersion(t *testing.T) {
	t.Parallel()
	for v, ok := range map[string]bool{
		"v1": true, "1": true, "V2": true, "v1.2.3": true, "v10": true,
		"": false, "latest": false, "vv2": false, "v": false, "v1.": false, "v-1": false, "v1.x": false,
		" v1": false, //nolint:gocritic // the space is what is tested
	} {
		if err := salt.CheckVersion(v); (err == nil) != ok {
			t.Errorf("CheckVersion(%q) = %v", v, err)
		}
	}
}
