package schema

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"weak"

	"github.com/santhosh-tekuri/jsonschema/v6"
)

// A compiled schema is ready for validation. It is immutable but for the hash,
// which few need.
type compiled struct {
	doc  *document
	root *node

	hashing sync.Once
	hash    string
}

// load compiles the schema at its first use.
func (s *Schema) load() (*compiled, error) {
	s.compile.Do(func() { s.compiled, s.err = compileText(s.text) })
	return s.compiled, s.err
}

// Equal documents compile once, as long as one of them is alive.
var cache = struct {
	sync.Mutex
	entries map[[sha256.Size]byte]weak.Pointer[compiled]
}{entries: make(map[[sha256.Size]byte]weak.Pointer[compiled])}

func compileText(text []byte) (*compiled, error) {
	if len(text) > maxSchemaBytes {
		return nil, fmt.Errorf("parse schema: it has %d bytes, more than %d; split the event", len(text), maxSchemaBytes)
	}
	sum := sha256.Sum256(text)
	cache.Lock()
	c := cache.entries[sum].Value()
	cache.Unlock()
	if c != nil {
		return c, nil
	}
	doc, err := readDocument(text)
	if err != nil {
		return nil, err
	}
	if c, err = compileDocument(doc); err != nil {
		return nil, err
	}
	cache.Lock()
	defer cache.Unlock()
	if first := cache.entries[sum].Value(); first != nil {
		return first, nil // somebody was faster
	}
	entry := weak.Make(c)
	cache.entries[sum] = entry
	runtime.AddCleanup(c, func(sum [sha256.Size]byte) {
		cache.Lock()
		defer cache.Unlock()
		if cache.entries[sum] == entry { // not yet replaced by a newer one
			delete(cache.entries, sum)
		}
	}, sum)
	return c, nil
}

func compileDocument(doc *document) (*compiled, error) {
	if err := checkMeta(doc.root); err != nil {
		return nil, err
	}
	b := builder{doc: doc, nodes: make(map[string]*node, len(doc.schemas))}
	for _, pointer := range sortedKeys(doc.schemas) {
		b.nodes[pointer] = &node{pointer: pointer}
	}
	for _, pointer := range sortedKeys(doc.schemas) {
		if err := b.build(b.nodes[pointer], doc.schemas[pointer]); err != nil {
			return nil, fmt.Errorf("parse schema at %s: %w", place(pointer), err)
		}
	}
	return &compiled{doc: doc, root: b.nodes[""]}, nil
}

var metaSchema = sync.OnceValues(func() (*jsonschema.Schema, error) {
	c := jsonschema.NewCompiler()
	c.UseLoader(noLoader{})
	return c.Compile(dialect)
})

// noLoader refuses what the library would read from disk. The metaschemas are
// built in.
type noLoader struct{}

func (noLoader) Load(url string) (any, error) {
	return nil, fmt.Errorf("load %q: only the metaschemas are available", url)
}

// checkMeta holds a document against the metaschema of the draft, so that the
// code that reads the document's keywords can rely on their types.
func checkMeta(root any) error {
	meta, err := metaSchema()
	if err != nil {
		return fmt.Errorf("parse schema: compile the metaschema: %w", err)
	}
	err = meta.Validate(root)
	if err == nil {
		return nil
	}
	invalid, ok := errors.AsType[*jsonschema.ValidationError](err)
	if !ok {
		return fmt.Errorf("parse schema: %w", err)
	}
	worst := deepest(invalid)
	return fmt.Errorf("parse schema at %s: it breaks the rule %q of the metaschema of draft 2020-12",
		place(pointerOf(worst.InstanceLocation)), strings.Join(worst.ErrorKind.KeywordPath(), "/"))
}

// deepest returns the leaf error that says most: the deepest place, and of
// equals the first by name, since the library's order varies.
func deepest(e *jsonschema.ValidationError) *jsonschema.ValidationError {
	best := e
	for _, cause := range e.Causes {
		leaf := deepest(cause)
		if len(best.Causes) > 0 || cmp.Or(
			cmp.Compare(len(leaf.InstanceLocation), len(best.InstanceLocation)),
			slices.Compare(best.InstanceLocation, leaf.InstanceLocation),
			slices.Compare(best.ErrorKind.KeywordPath(), leaf.ErrorKind.KeywordPath())) > 0 {
			best = leaf
		}
	}
	return best
}

func pointerOf(tokens []string) string {
	var b strings.Builder
	for _, token := range tokens {
		b.WriteString("/" + escapeToken(token))
	}
	return b.String()
}
