// Package gen reads contracts from files: what [salt.Spec] says of a topic and
// a version, with its schemas as trees that keep the order of the document, for
// the generators of code. Package golang writes Go, package python Python; each
// is a function
//
//	Generate(contracts []*gen.Contract, o Options) (*gen.Output, error)
//
// which is deterministic, and whose code says the contracts' schemas again: if a
// language cannot, that is an error with the place and the remedy, never
// silently another schema. The package does no I/O but reading the files that
// [Load] is given.
package gen

// An Output is generated source code.
type Output struct {
	Source []byte

	// Notes tell people what is equal in meaning but not letter by letter, such
	// as a definition under another name. One sentence each, with the place.
	Notes []string
}
