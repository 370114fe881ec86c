package schema

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// shuffled writes a schema document again with its members, and the lists whose
// order does not matter, in random order, its definitions renamed, and
// annotations strewn in.
func shuffled(r *rand.Rand, doc *document) []byte {
	names := make(map[string]string)
	for pointer := range doc.schemas {
		if name, ok := strings.CutPrefix(pointer, "/$defs/"); ok && !strings.Contains(name, "/") {
			names[name] = fmt.Sprintf("R%d~ %d", len(names), r.IntN(1000))
		}
	}
	var b bytes.Buffer
	writeShuffled(r, &b, doc, names, "", doc.root)
	return b.Bytes()
}

func writeShuffled(r *rand.Rand, b *bytes.Buffer, doc *document, names map[string]string, pointer string, v any) {
	_, isSchema := doc.schemas[pointer]
	switch v := v.(type) {
	case map[string]any:
		keys := sortedKeys(v)
		r.Shuffle(len(keys), func(i, j int) { keys[i], keys[j] = keys[j], keys[i] })
		b.WriteByte('{')
		if isSchema && r.IntN(3) == 0 {
			if _, ok := v["description"]; !ok {
				fmt.Fprintf(b, `"description":"d%d"`, r.IntN(100))
				if len(keys) > 0 {
					b.WriteByte(',')
				}
			}
		}
		for i, key := range keys {
			if i > 0 {
				b.WriteByte(',')
			}
			name, value := key, v[key]
			if pointer == "/$defs" {
				name = names[key]
			}
			if ref, ok := value.(string); ok {
				if def, ok := strings.CutPrefix(ref, "#/$defs/"); ok {
					value = "#/$defs/" + strings.ReplaceAll(escapeToken(names[def]), " ", "%20")
				}
			}
			text, _ := json.Marshal(name)
			b.Write(text)
			b.WriteByte(':')
			writeShuffled(r, b, doc, names, pointer+"/"+escapeToken(key), value)
		}
		b.WriteByte('}')
	case []any:
		order := make([]int, len(v))
		for i := range order {
			order[i] = i
		}
		if parent, keyword, _ := cutLast(pointer); doc.schemas[parent] != nil {
			switch keyword {
			case "required", "enum", "type", "anyOf", "oneOf", "allOf":
				r.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			}
		}
		b.WriteByte('[')
		for i, k := range order {
			if i > 0 {
				b.WriteByte(',')
			}
			writeShuffled(r, b, doc, names, fmt.Sprintf("%s/%d", pointer, k), v[k])
		}
		b.WriteByte(']')
	case json.Number:
		if d, _ := parseDecimal([]byte(v)); r.IntN(2) == 0 && len(d.digits) > 0 {
			b.Write(d.append(nil))
			return
		}
		b.WriteString(v.String())
	default:
		text, _ := json.Marshal(v)
		b.Write(text)
	}
}

func cutLast(pointer string) (parent, token string, ok bool) {
	i := strings.LastIndexByte(pointer, '/')
	if i < 0 {
		return "", "", false
	}
	return pointer[:i], pointer[i+1:], true
}

func TestEqualIgnoresOrderAndNames(t *testing.T) {
	t.Parallel()
	r := rand.New(rand.NewPCG(1, 2))
	var all []*Schema
	for _, m := range readModels(t) {
		a := MustParse(string(m.Schema))
		all = append(all, a)
		doc, err := readDocument(a.text)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			text := shuffled(r, doc)
			b, err := Parse(text)
			if err != nil {
				t.Fatalf("%s: %v\n%s", m.Name, err, text)
			}
			if !Equal(a, b) || !Equal(b, a) || Diff(a, b) != nil || a.Hash() != b.Hash() {
				t.Fatalf("%s: not equal to\n%s\n%v", m.Name, text, Diff(a, b))
			}
		}
	}
	for i, a := range all {
		for j, b := range all {
			if i != j && (Equal(a, b) || len(Diff(a, b)) == 0) {
				t.Errorf("models %d and %d are equal", i, j)
			}
		}
	}
}

// Every change of one keyword that counts is found, at its place.
func TestEqualSeesEveryChange(t *testing.T) {
	t.Parallel()
	changed := 0
	for _, m := range readModels(t) {
		a := MustParse(string(m.Schema))
		doc, err := readDocument(a.text)
		if err != nil {
			t.Fatal(err)
		}
		for _, pointer := range sortedKeys(doc.schemas) {
			object, ok := doc.schemas[pointer].(map[string]any)
			if !ok || strings.HasSuffix(pointer, "contentSchema") {
				continue
			}
			object["multipleOf"], ok = json.Number("7"), object["multipleOf"] != nil
			text, err := json.Marshal(doc.root)
			if err != nil {
				t.Fatal(err)
			}
			delete(object, "multipleOf")
			if ok {
				continue // it had one
			}
			changed++
			b := MustParse(string(text))
			if Equal(a, b) || a.Hash() == b.Hash() || len(Diff(a, b)) == 0 || len(Diff(b, a)) == 0 {
				t.Errorf("%s: a change at %s goes unseen", m.Name, pointer)
			}
		}
	}
	if changed < 150 {
		t.Errorf("only %d changes tried", changed)
	}
}
