package schema

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"unicode/utf8"
)

// A fieldSite is a Go field that is a member of the object, perhaps of an
// embedded struct.
type fieldSite struct {
	reflect.StructField
	index     []int
	path      string // of Go names
	name      string // in JSON
	omitZero  bool
	omitEmpty bool
	named     bool // by the json tag
	embed     bool // a map of other members
}

// structFields lists the members of a struct in the order of the JSON, which is
// that of the fields depth first. Of members with one name the one that is
// embedded least deep counts, as in Go.
func structFields(t reflect.Type) ([]fieldSite, error) {
	found, err := walkFields(t, nil, "", nil)
	if err != nil {
		return nil, err
	}
	nearest := make(map[string]int)
	count := make(map[string]int)
	key := func(s fieldSite) string {
		if s.embed {
			return "" // no member has this name, see readJSONTag
		}
		return s.name
	}
	for _, s := range found {
		n, ok := nearest[key(s)]
		switch {
		case !ok || len(s.index) < n:
			nearest[key(s)], count[key(s)] = len(s.index), 1
		case len(s.index) == n:
			count[key(s)]++
		}
	}
	for _, s := range found {
		if len(s.index) == nearest[key(s)] && count[key(s)] > 1 {
			return nil, ambiguous(t, found, s)
		}
	}
	return slices.DeleteFunc(found, func(s fieldSite) bool { return len(s.index) > nearest[key(s)] }), nil
}

func ambiguous(t reflect.Type, found []fieldSite, site fieldSite) error {
	var paths []string
	for _, s := range found {
		if (s.name == site.name || s.embed) && s.embed == site.embed && len(s.index) == len(site.index) {
			paths = append(paths, s.path)
		}
	}
	if site.embed {
		return fmt.Errorf("%s: fields %s both take unknown members", describe(t), strings.Join(paths, " and "))
	}
	return fmt.Errorf("%s: fields %s have the same JSON name %q", describe(t), strings.Join(paths, " and "), site.name)
}

func walkFields(t reflect.Type, index []int, path string, found []fieldSite) ([]fieldSite, error) {
	for i := range t.NumField() {
		f := t.Field(i)
		if f.Name == "_" {
			continue
		}
		site := fieldSite{StructField: f, index: append(slices.Clip(index), i), path: path + f.Name, name: f.Name}
		fail := func(format string, args ...any) error {
			return fmt.Errorf("%s, field %s: %w", describe(t), f.Name, fmt.Errorf(format, args...))
		}
		ignored, err := site.readJSONTag()
		if err != nil {
			return nil, fail("%w", err)
		}
		_, tagged := f.Tag.Lookup("salt")
		if ignored {
			if tagged {
				return nil, fail("it has a salt tag but is no member of the JSON")
			}
			continue
		}
		if !f.Anonymous || site.named || site.embed {
			found = append(found, site)
			continue
		}
		switch {
		case f.Type.Kind() != reflect.Struct:
			return nil, fail("an embedded %s must have a JSON name, or be a struct and no pointer", describe(f.Type))
		case site.omitZero || site.omitEmpty:
			return nil, fail("the members of an embedded struct cannot be omitted together; give the field a JSON name")
		case tagged:
			return nil, fail("an embedded struct cannot have a salt tag; tag a field _ within it")
		case implements(f.Type, marshalsJSON) || implements(f.Type, marshalsText):
			return nil, fail("the embedded %s has a MarshalJSON or MarshalText that becomes %s's own and hides its other members%s; give the field a JSON name",
				describe(f.Type), describe(t), hidden(t))
		}
		if found, err = walkFields(f.Type, site.index, site.path+".", found); err != nil {
			return nil, err
		}
	}
	return found, nil
}

// hidden names the members of a struct that are its own.
func hidden(t reflect.Type) string {
	var quoted []string
	for f := range t.Fields() {
		site := fieldSite{StructField: f, name: f.Name}
		if ignored, err := site.readJSONTag(); err == nil && !ignored && !site.Anonymous {
			quoted = append(quoted, fmt.Sprintf("%q", site.name))
		}
	}
	if quoted == nil {
		return ""
	}
	return " (" + strings.Join(quoted, ", ") + ")"
}

// readJSONTag reads the json tag as go-json-experiment does, but refuses what
// changes the JSON in a way that Pydantic does not know.
func (s *fieldSite) readJSONTag() (ignored bool, err error) {
	text, ok := s.Tag.Lookup("json")
	if !ok && strings.Contains(string(s.Tag), "json:") {
		return false, errors.New(`the struct tag is malformed, so its json part would be ignored: it must be json:"…"`)
	}
	if text == "-" || !s.IsExported() && !s.Anonymous {
		if text != "-" && text != "" {
			return false, errors.New("it is not exported, so its json tag has no effect")
		}
		return true, nil
	}
	name, options, _ := strings.Cut(text, ",")
	switch {
	case strings.ContainsAny(name, "\\'\"`") || !utf8.ValidString(name):
		return false, fmt.Errorf("the JSON name %q has quotes, backslashes or invalid UTF-8", name)
	case name != "":
		s.name, s.named = name, true
	}
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "":
		case "omitzero":
			s.omitZero = true
		case "omitempty":
			s.omitEmpty = true
		case "embed":
			s.embed = true
		default:
			return false, fmt.Errorf("json option %q is not supported; omitzero, omitempty and embed are", option)
		}
	}
	if s.embed && (name != "" || s.omitZero || s.omitEmpty || s.Type.Kind() != reflect.Map || s.Type.Key().Kind() != reflect.String) {
		return false, errors.New("json option embed is for a map with string keys and stands alone: json:\",embed\"")
	}
	return false, nil
}
