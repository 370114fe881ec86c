package registry

import (
	"fmt"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"

	"github.com/go-json-experiment/json"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// TestFileJournal stops a change after each of its steps, and lets another
// process come.
func TestFileJournal(t *testing.T) {
	t.Parallel()
	var specs []*salt.Spec
	for i := range 3 {
		specs = append(specs, &salt.Spec{Topic: fmt.Sprintf("t%d", i), Version: "v1", Mode: salt.ModeEvent, Schema: schema.MustParse(`{"type":"object"}`)})
	}
	for files := range len(specs) + 1 { // written before the end
		for _, share := range []float64{0, 0.3, 0.7, 1} { // of the history's lines
			for _, temp := range []bool{false, true} {
				t.Run(fmt.Sprintf("%d files, %v of the history, temp %v", files, share, temp), func(t *testing.T) {
					t.Parallel()
					stopped(t, specs, files, share, temp)
				})
			}
		}
	}
}

// TestFileLargeJournal: a change that is larger than any other file of the
// registry is finished, too.
func TestFileLargeJournal(t *testing.T) {
	t.Parallel()
	large := func(i int) *schema.Schema {
		return schema.Trust(fmt.Appendf(nil, `{"type":"object","description":"%d %s"}`, i, strings.Repeat("x", 200_000)))
	}
	var specs []*salt.Spec
	for i := range maxFile/200_000 + 2 {
		specs = append(specs, &salt.Spec{Topic: fmt.Sprintf("t%d", i), Version: "v1", Mode: salt.ModeEvent, Schema: large(i)})
	}
	stopped(t, specs, 1, 0.5, false)
}

func stopped(t *testing.T, specs []*salt.Spec, files int, share float64, temp bool) {
	t.Helper()
	dir := t.TempDir()
	r, err := OpenFile(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if err := r.Register(t.Context(), &salt.Spec{Topic: "before", Version: "v1", Mode: salt.ModeEvent, Schema: specs[0].Schema}); err != nil {
		t.Fatal(err)
	}
	d, err := r.state.planRegister(t.Context(), specs)
	if err != nil {
		t.Fatal(err)
	}
	j, err := r.journal(d)
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(j)
	if err != nil {
		t.Fatal(err)
	}
	put := func(name, text string) {
		t.Helper()
		full := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(full), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(full, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	put(journalFile, string(text))
	for _, w := range j.Writes[:files] {
		put(w.Name, w.Text)
	}
	if temp && files < len(j.Writes) {
		w := j.Writes[files]
		put(w.Name+tempSuffix, w.Text[:len(w.Text)/2])
	}
	have, err := os.ReadFile(path.Join(dir, historyFile))
	if err != nil {
		t.Fatal(err)
	}
	put(historyFile, string(have)+j.History[:int(float64(len(j.History))*share)])

	next, err := OpenFile(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	for name, open := range map[string]*File{"who comes next": next, "who was there": r} {
		if err := open.Register(t.Context(), specs...); err != nil {
			t.Errorf("%s: register again: %v", name, err)
		}
		n := 0
		for _, err := range open.History(t.Context(), "") {
			if err != nil {
				t.Fatal(err)
			}
			n++
		}
		records := open.state.records("")
		if len(records) != 1+len(specs) || n != 1+len(specs) {
			t.Errorf("%s: %d records and %d changes, want %d", name, len(records), n, 1+len(specs))
		}
	}
	entries, err := filepath.Glob(filepath.Join(dir, "topics/*/*"))
	if err != nil || strings.Contains(fmt.Sprint(entries), tempSuffix) {
		t.Errorf("left over: %v, %v", entries, err)
	}
	if _, err := os.Stat(filepath.Join(dir, journalFile)); err == nil {
		t.Error("the journal is still there")
	}
}

// TestFileJournalOvertaken: somebody changed the file by other means since.
func TestFileJournalOvertaken(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	text, err := json.Marshal(journal{Writes: []write{{Name: policyFile, Old: "", Text: "{}\n"}}})
	if err != nil {
		t.Fatal(err)
	}
	const theirs = `{"owner":"somebody"}`
	for name, text := range map[string]string{journalFile: string(text), policyFile: theirs} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if r, err := OpenFile(dir, nil); err == nil {
		r.Close()
		t.Error("it was opened")
	} else if !strings.Contains(err.Error(), policyFile) || !strings.Contains(err.Error(), "remove "+journalFile) {
		t.Errorf("error %q does not name the file and the remedy", err)
	}
	if have, err := os.ReadFile(filepath.Join(dir, policyFile)); err != nil || string(have) != theirs {
		t.Errorf("policy file %q, %v", have, err)
	}
}

// FuzzFileDecode holds that nothing that lies in a directory makes us panic,
// and that what is accepted is written as it was read.
func FuzzFileDecode(f *testing.F) {
	good := &salt.Record{
		Spec:   salt.Spec{Topic: "a", Version: "v1", Mode: salt.ModeEvent, Schema: schema.MustParse(`{"type":"object"}`)},
		Number: 1, SchemaID: 1,
	}
	text, err := encodeFile(sealed{*good, digest(&good.Spec)})
	if err != nil {
		f.Fatal(err)
	}
	f.Add(text)
	f.Add([]byte(`{"topic":"a","version":"v1","mode":"event","schema":{"a":1e999,"b":"\ud800"},"number":1}`))
	f.Add([]byte("{\n\n\"topic\": 7}"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if r, err := decodeVersion(text); err == nil {
			again, err := encodeFile(sealed{*r, digest(&r.Spec)})
			if err != nil {
				t.Fatalf("encode what was decoded: %v", err)
			}
			if _, err := decodeVersion(again); err != nil {
				t.Fatalf("decode what was encoded: %v\n%s", err, again)
			}
		}
		loadHistory(newState(), text)
		eachLine(text, func(*salt.Participant) {})
		var j journal
		json.Unmarshal(text, &j)
	})
}
