package python

import (
	"slices"
	"strings"

	"github.com/celerysalt/salt/internal/gen"
)

// A modelPlace is where the class of an object stands.
type modelPlace struct {
	indent   int
	name     string // of the class
	qualname string // by which Pydantic calls it
	hint     string // for the names of classes within
	inline   bool   // a default is the member's, not the object's
}

// A member is one member of an object as a line of a class.
type member struct {
	line    string
	renamed bool // it has an alias
	untitle bool // Pydantic gives it a title that the contract does not have
}

// member writes a member of an object.
func (m *module) member(owner *gen.Node, name, pyName string, n *gen.Node, at modelPlace) (member, error) {
	t, err := m.bare(n, at.hint+pascal(name))
	if err != nil {
		return member{}, err
	}
	required := owner.Required(name)
	if t.inlined && required {
		if t, err = m.withDefault(t, n); err != nil {
			return member{}, err
		}
	}
	result := member{renamed: pyName != name}
	var args []code
	optional := false
	switch {
	case required:
	case n.Has("default"):
		value, err := literal(n.Raw("default"))
		if err != nil {
			return member{}, n.Errorf("default: %w", err)
		}
		converted := t.plain || n.Raw("default").Kind() == 'n' || m.isEmpty(value, t)
		if t.enum != nil && t.enum.values[value.flat()] != "" {
			value, converted = atom(t.enum.name+"."+t.enum.values[value.flat()]), true
		}
		args = append(args, prefixed("default=", value))
		if !converted {
			args = append(args, atom("validate_default=True"))
		}
	default:
		factory := m.emptyFactory(t)
		switch {
		case factory == "":
			optional, factory = true, m.helper("_none")
			m.helper("_is_none")
		case t.container == "dict":
			t = m.annotated(t, call(m.use("BeforeValidator"), atom(m.helper("_or_empty_dict"))))
		default:
			t = m.annotated(t, call(m.use("BeforeValidator"), atom(m.helper("_or_empty"))))
		}
		args = append(args, prefixed("default_factory=", atom(factory)))
		if optional {
			args = append(args, atom("exclude_if=_is_none"))
		}
	}
	if result.renamed {
		args = append(args, prefixed("alias=", str(name)))
	}
	if optional {
		t = m.closed(t)
		t.code = union(t.code, subscript(m.use("SkipJsonSchema"), atom("None")))
		t.untitled = false
	}
	args = append(args, t.field...)
	if !t.inlined {
		title, known := "", true
		if !t.untitled {
			title, known = memberTitle(name)
		}
		about, err := m.annotations(n, annotationPlace{title: title, required: required})
		if err != nil {
			return member{}, err
		}
		args = append(args, about...)
		result.untitle = !n.Has("title") && (title != "" || !known)
	} else {
		result.untitle = !n.Has("title")
		if optional && n.Has("title") {
			args = append(args, prefixed("title=", str(n.Text("title"))))
		}
	}
	prefix := pyName + ": "
	annotation := t.annotation()
	switch {
	case len(args) == 0:
		result.line = statement(at.indent, prefix, annotation)
	case len(args) == 1 && strings.HasPrefix(args[0].text, "default="):
		result.line = assignment(at.indent, prefix, annotation, args[0].args[0])
	default:
		result.line = assignment(at.indent, prefix, annotation, call(m.use("Field"), args...))
	}
	return result, nil
}

// assignment writes `name: annotation = value`, broken at the value first.
func assignment(indent int, prefix string, annotation, value code) string {
	head := prefix + annotation.flat() + " = "
	if open := strings.IndexAny(value.text, "([{") + 1; indent+len(head)+max(open, len(value.text)) <= lineLength && value.kind != atomCode ||
		indent+len(head)+len(value.flat()) <= lineLength {
		return statement(indent, head, value)
	}
	laid := annotation.lay(indent, indent+len(prefix), 3+len(value.flat()))
	last := laid[strings.LastIndexByte(laid, '\n')+1:]
	used := len(last) + 3
	if last == laid {
		used += indent + len(prefix)
	}
	return strings.Repeat(" ", indent) + prefix + laid + " = " + value.lay(indent, used, 0) + "\n"
}

// emptyFactory is what makes an empty value of a type, if the contract takes it.
func (m *module) emptyFactory(t typ) string {
	for _, field := range t.field {
		if strings.HasPrefix(field.text, "min_length=") && field.flat() != "min_length=0" {
			return ""
		}
	}
	if t.container != "" {
		return m.use(t.container)
	}
	return ""
}

// isEmpty reports whether a default is the empty value of its type.
func (m *module) isEmpty(value code, t typ) bool {
	text := value.flat()
	return t.container == "list" && text == "[]" || t.container == "dict" && text == "{}"
}

// pythonNames gives each member of an object a name of its own.
func pythonNames(members []gen.Member) map[string]string {
	names := make(map[string]string, len(members))
	taken := make(map[string]bool)
	for _, exact := range []bool{true, false} { // a name that fits stays what it is
		for _, mem := range members {
			name := fieldName(mem.Name)
			if exact != (name == mem.Name) {
				continue
			}
			for n := 0; taken[numbered(name, n)]; n++ {
				if !taken[numbered(name, n+1)] {
					name = numbered(name, n+1)
					break
				}
			}
			taken[name] = true
			names[mem.Name] = name
		}
	}
	return names
}

// untitled is the argument of _adjust that removes titles of members.
func untitled(names []string) []code {
	slices.Sort(names)
	paths := make([]code, len(names))
	for i, name := range names {
		paths[i] = code{text: "[", close: "]", kind: groupCode, args: strs([]string{"properties", name, "title"})}
	}
	return paths
}
