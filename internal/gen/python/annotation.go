package python

import (
	"slices"

	"github.com/celerysalt/salt/internal/gen"
)

// An annotationPlace says where annotations stand.
type annotationPlace struct {
	nested   bool   // within a type; otherwise at a member
	title    string // what Pydantic gives the member, "" for none
	required bool   // the member is; then a default only informs
}

// annotations are the arguments of Field for what a schema says beside its type.
// A default that counts is not among them.
func (m *module) annotations(n *gen.Node, at annotationPlace) ([]code, error) {
	var args []code
	var extras []entry
	for _, k := range n.Keywords {
		text, isText := tree(k.Value).(string)
		switch {
		case slices.Contains(assertions, k.Name), k.Name == "contentMediaType" && n.Has("contentSchema"):
		case k.Name == "default" && !at.nested && !at.required:
		case k.Name == "title" && isText && !at.nested && text == at.title && text != "":
		case (k.Name == "title" || k.Name == "description") && isText && text != "":
			args = append(args, prefixed(k.Name+"=", str(text)))
		case k.Name == "examples" && k.Value.Kind() == '[':
			c, err := literal(k.Value)
			if err != nil {
				return nil, n.Errorf("examples: %w", err)
			}
			args = append(args, prefixed("examples=", c))
		case k.Name == "deprecated" && k.Value.Kind() == 't' && !at.nested:
			args = append(args, atom("deprecated=True"))
		default:
			extras = append(extras, entry{k.Name, k.Value})
		}
	}
	if extras == nil {
		return args, nil
	}
	extra, err := dict(extras)
	if err != nil {
		return nil, n.Errorf("%w", err)
	}
	return append(args, prefixed("json_schema_extra=", extra)), nil
}
