// Package golang writes Go code from contracts: types whose JSON Schemas, as
// salt derives them, say what the contracts say, and their definitions.
//
// Every type is tried before it is written: package schema reflects it with
// stand-ins for the types that do not exist yet, and the result is held against
// the contract. What Go's types and Salt's tags cannot say becomes a type with a
// method JSONSchema; what even that cannot say is an error with the place.
package golang

import (
	"fmt"
	"go/token"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
)

// The styles of definitions.
const (
	Simple = "simple" // salt.DefineEvent and salt.DefineRPC of plain types
	Class  = "class"  // types that embed salt.Event or salt.RPC
)

// Options of [Generate].
type Options struct {
	Package string // name of the package; default "contracts"
	Style   string // [Simple] (default) or [Class]
}

// Generate writes one Go file, formatted and deterministic. It fails on the
// first schema that Go cannot say, naming the place and the remedy.
func Generate(contracts []*gen.Contract, o Options) (*gen.Output, error) {
	if o.Package == "" {
		o.Package = "contracts"
	}
	if !token.IsIdentifier(o.Package) || o.Package == "_" {
		return nil, fmt.Errorf("%q is no name for a Go package", o.Package)
	}
	switch o.Style {
	case "":
		o.Style = Simple
	case Simple, Class:
	default:
		return nil, fmt.Errorf("style %q is neither %s nor %s", o.Style, Class, Simple)
	}
	g := &generator{
		Options:   o,
		taken:     make(map[string]bool),
		contested: gen.Contested(contracts),
		named:     make(map[*gen.Node]*named),
		bySign:    make(map[string]*named),
		owns:      make(map[string]*ownType),
		unions:    make(map[string]*unionType),
		noted:     make(map[string]bool),
	}
	g.reserve(contracts)
	for _, c := range contracts {
		if err := g.contract(c); err != nil {
			return nil, err
		}
	}
	if err := g.checkCycles(); err != nil {
		return nil, err
	}
	source, err := g.print()
	if err != nil {
		return nil, err
	}
	return &gen.Output{Source: source, Notes: g.notes}, nil
}

// A generator makes one file.
type generator struct {
	Options
	taken     map[string]bool   // names of the package's scope
	contested map[string]bool   // titles that name no type, see gen.Contested
	claims    map[string]string // names of definitions, and whose they are
	named     map[*gen.Node]*named
	bySign    map[string]*named // types of definitions that several documents share
	owns      map[string]*ownType
	unions    map[string]*unionType

	decls       []decl // in the order of their appearance
	definitions []*definition
	steps       int  // of candidates and inlined
	inFault     bool // the type that is being made gets a method Error
	notes       []string
	noted       map[string]bool
}

// A decl is a declaration of the file.
type decl interface{ declare(p *printer) }

// note tells people once.
func (g *generator) note(n *gen.Node, format string, args ...any) {
	text := n.Place() + ": " + fmt.Errorf(format, args...).Error()
	if !g.noted[text] {
		g.noted[text] = true
		g.notes = append(g.notes, text)
	}
}

// A definition is a contract's variable.
type definition struct {
	contract *gen.Contract
	variable string
	payload  string // Go types
	response string
	fault    string
	options  []string // Go expressions
}

// An about says what a type is for, for comments.
type about struct {
	contract *gen.Contract
	role     string // "payload", "response", "error"
}

func (a about) String() string {
	text := fmt.Sprintf("the %s of %s, version %s", a.role, a.contract.Topic, a.contract.Version)
	if a.contract.Mode == salt.ModeRPC && a.role == "payload" {
		return "the request" + text[len("the payload"):]
	}
	return text
}
