package schema

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var (
	compatSeed  = flag.Uint64("compat.seed", 1, "seed of the compatibility property tests")
	compatPairs = flag.Int("compat.pairs", 800, "pairs of schemas they try")
)

var bothPolicies = []ReaderPolicy{ReadersIgnoreUnknown, ReadersStrict}

func parsed(tb testing.TB, doc tree) *Schema {
	tb.Helper()
	text, err := json.Marshal(doc)
	if err != nil {
		tb.Fatal(err)
	}
	s, err := Parse(text)
	if errors.Is(err, errCycle) {
		return nil // a mutation made it
	}
	if err != nil {
		tb.Fatalf("%v: %s", err, text)
	}
	return s
}

// refused looks for a payload that the writer may send and the reader refuses,
// and counts the payloads that the writer may send.
func refused(tb testing.TB, r *rand.Rand, w, reader *Schema, policy ReaderPolicy, tries int) (payload []byte, sent int, why error) {
	tb.Helper()
	c, err := w.load()
	if err != nil {
		tb.Fatal(err)
	}
	other, err := reader.load()
	if err != nil {
		tb.Fatal(err)
	}
	g := sampler{r: r, doc: c.doc, lenient: policy == ReadersIgnoreUnknown}
	d := newDeclarer(r, c, other)
	for range tries {
		value := g.sample(c.doc.root)
		text, err := json.Marshal(value)
		if err != nil || w.Validate(text) != nil || g.lenient && !d.sends([]*node{c.root}, value) {
			continue
		}
		sent++
		if err := reader.Validate(text); err != nil && !onlyPrecision(err) {
			return text, sent, err
		}
	}
	return nil, sent, nil
}

// checkPair holds the verdicts on two schemas against payloads.
func checkPair(t *testing.T, w, reader *Schema, seed uint64) {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 4))
	for _, policy := range bothPolicies {
		start := time.Now()
		breaks := Breaks(w, reader, policy)
		if took := time.Since(start); took > 20*time.Second {
			t.Errorf("%s: took %s", policy, took)
		}
		for _, b := range breaks {
			if b.Rule == "" || b.String() == "" {
				t.Errorf("%s: %#v says too little", policy, b)
			}
		}
		if len(breaks) > 0 {
			continue
		}
		if payload, _, why := refused(t, r, w, reader, policy, 20); payload != nil {
			t.Errorf("%s: no breaks, but %s is refused: %v\nwriter %s\nreader %s", policy, payload, why, w, reader)
		}
	}
}

func onlyPrecision(err error) bool {
	e, ok := errors.AsType[*Error](err)
	return ok && !slices.ContainsFunc(e.Fields, func(f FieldError) bool { return f.Rule != "precision" && f.Rule != "effort" })
}

// What Breaks finds no fault with, no payload refutes.
func TestBreaksIsSound(t *testing.T) {
	t.Parallel()
	t.Logf("seed %d; repeat with -compat.seed, more with -compat.pairs", *compatSeed)
	compatible, sent, mutants := map[ReaderPolicy]int{}, 0, 0
	tally := make(map[string][2]int)
	start := time.Now()
	for i := range *compatPairs {
		r := rand.New(rand.NewPCG(*compatSeed, uint64(i)))
		b := &breeder{r}
		doc := b.document()
		other, name := b.document(), "unrelated"
		if i%8 != 0 {
			mutants++
			var m mutation
			other, m = b.mutant(doc)
			name = m.name
			for range r.IntN(3) {
				other, _ = b.mutant(other)
				name = "several"
			}
		}
		w, reader := parsed(t, doc), parsed(t, other)
		if w == nil || reader == nil {
			continue
		}
		for _, policy := range bothPolicies {
			breaks := Breaks(w, reader, policy)
			count := tally[name]
			count[1]++
			if len(breaks) == 0 {
				count[0]++
				compatible[policy]++
				payload, n, why := refused(t, r, w, reader, policy, 25)
				if sent += n; payload != nil {
					t.Errorf("pair %d (%s), %s: no breaks, but %s is refused: %v\nwriter %s\nreader %s", i, name, policy, payload, why, w, reader)
				}
			}
			tally[name] = count
		}
	}
	t.Logf("%d pairs, %d mutants: %d compatible when lenient, %d when strict; %d payloads; %s", *compatPairs, mutants, compatible[ReadersIgnoreUnknown], compatible[ReadersStrict], sent, time.Since(start).Round(time.Millisecond))
	for _, name := range sortedKeys(tally) {
		t.Logf("%-24s %4d of %4d compatible", name, tally[name][0], tally[name][1])
	}
	if compatible[ReadersIgnoreUnknown] < *compatPairs/5 || compatible[ReadersStrict] < *compatPairs/6 || sent < 10**compatPairs/5 {
		t.Error("too few compatible pairs or payloads for the test to mean anything")
	}
}

// Most of what Breaks complains about can really happen.
func TestBreaksIsNotAlarmist(t *testing.T) {
	t.Parallel()
	pairs, found, missed, unprovable := 0, 0, 0, 0
	known, knownFound := 0, 0 // of the mutations that are known to break
	for i := range *compatPairs / 2 {
		r := rand.New(rand.NewPCG(*compatSeed, uint64(i)+1<<32))
		b := &breeder{r}
		doc := b.document()
		other, m := b.mutant(doc)
		w, reader := parsed(t, doc), parsed(t, other)
		if w == nil || reader == nil {
			continue
		}
		for _, policy := range bothPolicies {
			payload, sent, _ := refused(t, r, w, reader, policy, 300)
			breaks := Breaks(w, reader, policy)
			switch {
			case len(breaks) == 0 && payload != nil:
				t.Errorf("pair %d (%s): no breaks, but %s is refused\nwriter %s\nreader %s", i, m.name, payload, w, reader)
			case len(breaks) == 0 || sent == 0:
				// the place cannot be reached, or the writer can send nothing
			case payload != nil:
				pairs++
				found++
				if m.breaks {
					known++
					knownFound++
				}
			default:
				pairs++
				missed++
				if m.breaks {
					known++
				}
				if breaks[0].Rule == unproven {
					unprovable++
				}
				if testing.Verbose() && missed <= 5 {
					t.Logf("no payload for %v\nwriter %s\nreader %s", breaks, w, reader)
				}
			}
		}
	}
	t.Logf("%d pairs with breaks: for %d (%d %%) a payload that is refused was found, for %d not (%d unproven)", pairs, found, 100*found/max(pairs, 1), missed, unprovable)
	t.Logf("%d of them by a mutation that is known to break: found for %d", known, knownFound)
	if known < 50 || knownFound*10 < known*8 || found*10 < pairs*7 {
		t.Error("for most breaks no payload was found")
	}
}

// onlyByMeaning is what is accepted only where both sides mean the same: some
// keywords, and a oneOf of which two alternatives could fit.
var onlyByMeaning = regexp.MustCompile(`"(not|contains|if|dependentSchemas|unevaluatedProperties)":|"overlap"`)

// A schema does not break itself, whatever its definitions are called.
func TestBreaksIdentity(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(*compatSeed, 3))
	check := func(name string, a *Schema) {
		doc, err := readDocument(a.text)
		if err != nil {
			t.Fatal(err)
		}
		b := MustParse(string(shuffled(r, doc)))
		for _, policy := range bothPolicies {
			for _, pair := range [][2]*Schema{{a, b}, {b, a}} {
				if breaks := Breaks(pair[0], pair[1], policy); breaks != nil {
					t.Errorf("%s, %s: %v\n%s\n%s", name, policy, breaks, pair[0], pair[1])
				}
				if onlyByMeaning.MatchString(a.String()) {
					continue
				}
				if breaks := keywordBreaks(t, pair[0], pair[1], policy); breaks != nil {
					t.Errorf("%s, %s, by keywords: %v\n%s\n%s", name, policy, breaks, pair[0], pair[1])
				}
			}
		}
	}
	for _, m := range readModels(t) {
		check(m.Name, MustParse(string(m.Schema)))
	}
	for i := range 200 {
		b := &breeder{r}
		if s := parsed(t, b.document()); s != nil {
			check(fmt.Sprint(i), s)
		}
	}
}

// closing are keywords with which a new member may be no news to the other side,
// or none that it takes, and those of onlyByMeaning.
var closing = []string{"additionalProperties", "patternProperties", "unevaluatedProperties", "propertyNames", "minProperties", "not", "contains", "if", "dependentSchemas"}

// The everyday change is never refused: an optional member with a new name.
func TestBreaksNotForAddedMember(t *testing.T) {
	t.Parallel()
	var docs []tree
	for _, m := range readModels(t) {
		doc, err := readDocument(MustParse(string(m.Schema)).text)
		if err != nil {
			t.Fatal(err)
		}
		if root, ok := doc.root.(tree); ok {
			docs = append(docs, root)
		}
	}
	b := &breeder{rand.New(rand.NewPCG(*compatSeed, 5))}
	for range *compatPairs / 8 {
		docs = append(docs, b.document(), tree{"type": "object", "$defs": b.definitions(), "properties": tree{"u": b.overlapping("anyOf")}})
	}
	tried, unions := 0, 0
	for _, doc := range docs {
		for _, m := range places(doc, nil) {
			for _, keyword := range closing {
				delete(m, keyword)
			}
			if m["$comment"] == "overlap" {
				replaceKey(m, "oneOf", "anyOf")
			}
		}
		old := parsed(t, doc)
		for i := range places(doc, nil) {
			copied, _ := cloned(doc).(tree)
			properties, _ := places(copied, nil)[i]["properties"].(tree)
			if properties == nil {
				continue
			}
			properties["fresh"] = tree{"type": "string"}
			tried++
			if strings.Contains(old.String(), `"overlap"`) {
				unions++
			}
			grown := parsed(t, copied)
			for _, pair := range [][2]*Schema{{old, grown}, {grown, old}} {
				if breaks := Breaks(pair[0], pair[1], ReadersIgnoreUnknown); breaks != nil {
					t.Errorf("%v\nwriter %s\nreader %s", breaks, pair[0], pair[1])
				}
			}
		}
	}
	t.Logf("%d members added, %d of them where alternatives overlap", tried, unions)
	if tried < 100 || unions < 10 {
		t.Error("too few for the test to mean anything")
	}
}

// The real models, changed in every way that applies, both ways.
func TestBreaksOfModels(t *testing.T) {
	t.Parallel()
	pairs := 0
	for i, m := range readModels(t) {
		s := MustParse(string(m.Schema))
		doc, err := readDocument(s.text)
		if err != nil {
			t.Fatal(err)
		}
		root, ok := doc.root.(tree)
		if !ok {
			t.Fatalf("%s is no object", m.Name)
		}
		for k := range 15 {
			b := &breeder{rand.New(rand.NewPCG(*compatSeed, uint64(100*i+k)))}
			other, _ := b.mutant(root)
			if mutant := parsed(t, other); mutant != nil {
				checkPair(t, s, mutant, uint64(k))
				checkPair(t, mutant, s, uint64(k))
				pairs += 2
			}
		}
	}
	t.Logf("%d pairs", pairs)
}

// keywordBreaks is [Breaks] without the shortcut for schemas that mean the same.
func keywordBreaks(tb testing.TB, a, b *Schema, policy ReaderPolicy) []Break {
	tb.Helper()
	w, err := a.load()
	if err != nil {
		tb.Fatal(err)
	}
	r, err := b.load()
	if err != nil {
		tb.Fatal(err)
	}
	p := newProver(w, r, policy)
	clear(p.writer.class)
	return p.breaks(w.root, r.root)
}
