package postgres_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/postgres"
)

func randomVersion(r *rand.Rand) string {
	parts := make([]string, 1+r.IntN(8))
	for i := range parts {
		parts[i] = []string{"0", "00", "1", "2", "9", "10", "007", "999999999"}[r.IntN(8)]
	}
	return []string{"", "v", "V"}[r.IntN(3)] + strings.Join(parts, ".")
}

// TestOrder sorts versions in the database and in Go.
func TestOrder(t *testing.T) {
	t.Parallel()
	url := need(t, "SALT_TEST_POSTGRES_URL")
	conn, err := pgx.Connect(patience(t), url)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(patience(t))
	seed := rand.Uint64()
	random := rand.New(rand.NewPCG(seed, 0))
	versions := []string{"v0", "v0.0.1", "v1", "v2", "v2.0", "v10", "v2.0.0.1"}
	for range 500 {
		versions = append(versions, randomVersion(random))
	}
	keys := make([]string, len(versions))
	for i, v := range versions {
		keys[i] = postgres.OrderKey(v)
	}
	rows, err := conn.Query(patience(t), `
		select a.i, b.i, case when a.k::int[] < b.k::int[] then -1 when a.k::int[] > b.k::int[] then 1 else 0 end, a.k::int[] > '{}'::int[]
		from unnest($1::text[]) with ordinality a(k, i), unnest($1::text[]) with ordinality b(k, i)`, keys)
	if err != nil {
		t.Fatal(err)
	}
	var i, k, order int
	var positive bool
	wrong := 0
	_, err = pgx.ForEachRow(rows, []any{&i, &k, &order, &positive}, func() error {
		a, b := versions[i-1], versions[k-1]
		if want := salt.CompareVersions(a, b); order != want || !positive {
			if wrong++; wrong < 10 {
				t.Errorf("%s and %s: the database says %d (after all: %t), salt %d; seed %d", a, b, order, positive, want, seed)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestPagesOfRecords lists more than a page of topics and of versions.
func TestPagesOfRecords(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	r := open(t, url, nil)
	var specs []*salt.Spec
	for i := range 130 {
		specs = append(specs, event("many", fmt.Sprintf("v%d", i), "string"), event(fmt.Sprintf("topic.%d", i), "v0.0", "string"), event("ä.日本", fmt.Sprintf("0.%d", i), "string"))
	}
	rand.Shuffle(len(specs), func(i, k int) { specs[i], specs[k] = specs[k], specs[i] })
	if err := r.Register(patience(t), specs...); err != nil {
		t.Fatal(err)
	}
	slices.SortFunc(specs, func(a, b *salt.Spec) int {
		return cmp.Or(cmp.Compare(a.Topic, b.Topic), salt.CompareVersions(a.Version, b.Version))
	})
	for _, topic := range []string{"", "many", "ä.日本", "topic.7", "nobody"} {
		var want, got []string
		for _, s := range specs {
			if topic == "" || s.Topic == topic {
				want = append(want, s.Topic+" "+s.Version)
			}
		}
		for record, err := range r.Records(patience(t), topic) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, record.Topic+" "+record.Version)
		}
		if !slices.Equal(want, got) {
			t.Errorf("records of %q:\n%d %.200q, want\n%d %.200q", topic, len(got), got, len(want), want)
		}
	}
}

// TestPagesOfOthers lists more than a page of participants and of changes.
func TestPagesOfOthers(t *testing.T) {
	t.Parallel()
	url, _ := aside(t)
	r := open(t, url, nil)
	const n = 2500 // two pages and a half
	var seen []*salt.Participant
	var specs []*salt.Spec
	for i := range n {
		topic := []string{"a", "b"}[i%2]
		seen = append(seen, &salt.Participant{Topic: topic, Version: "v1", Role: salt.RoleSubscriber, Service: fmt.Sprintf("s%d", i%7), Host: fmt.Sprintf("h%d", i), Handler: "f"})
		specs = append(specs, event(fmt.Sprintf("t%d", i), "v1", "string"))
	}
	if err := r.See(patience(t), seen...); err != nil {
		t.Fatal(err)
	}
	if err := r.Register(patience(t), specs...); err != nil {
		t.Fatal(err)
	}
	for topic, want := range map[string]int{"": n, "a": n / 2, "b": n / 2, "c": 0} {
		var got []*salt.Participant
		for p, err := range r.Participants(patience(t), topic) {
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, p)
		}
		sorted := slices.IsSortedFunc(got, func(a, b *salt.Participant) int {
			return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Role, b.Role), cmp.Compare(a.Service, b.Service), cmp.Compare(a.Host, b.Host))
		})
		if len(got) != want || !sorted {
			t.Errorf("%d participants of %q (sorted %t), want %d", len(got), topic, sorted, want)
		}
	}
	for topic, want := range map[string]int{"": n, "t7": 1, "none": 0} {
		last, count := int64(0), 0
		for c, err := range r.History(patience(t), topic) {
			if err != nil {
				t.Fatal(err)
			}
			if count++; c.Seq <= last || topic == "" && c.Seq != last+1 {
				t.Fatalf("change %d after %d", c.Seq, last)
			}
			last = c.Seq
		}
		if count != want {
			t.Errorf("%d changes of %q, want %d", count, topic, want)
		}
	}
}
