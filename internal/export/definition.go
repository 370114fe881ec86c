package export

import (
	"path"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

func (e *entry) definition() (*Definition, error) {
	s := &salt.Spec{
		Topic: e.Topic, Version: e.Version, Mode: salt.Mode(e.Mode), Doc: e.Doc, Exchange: e.Exchange,
		Package: e.Package, Type: e.Type, Source: e.Source, Unregistered: e.Unregistered,
	}
	for _, part := range []struct {
		text jsontext.Value
		to   **schema.Schema
	}{{e.Schema, &s.Schema}, {e.Response, &s.Response}, {e.Error, &s.Error}} {
		if len(part.text) == 0 || part.text.Kind() == jsontext.KindNull {
			continue
		}
		parsed, err := schema.Parse(part.text)
		if err != nil {
			return nil, err
		}
		*part.to = parsed
	}
	return &Definition{Spec: s}, nil
}

// place finds the file that a spec's source names by its last two elements. The
// package of the type is the likeliest, but not sure: a definition may be of
// another package's type.
func (l *listing) place(s *salt.Spec) (file string, line int) {
	name, number, _ := strings.Cut(s.Source, ":")
	dir, base := path.Base(path.Dir(name)), path.Base(name)
	for _, p := range l.all {
		if filepath.Base(p.Dir) != dir || !slices.Contains(p.GoFiles, base) && !slices.Contains(p.CgoFiles, base) {
			continue
		}
		if file == "" || p.ImportPath == s.Package {
			file = filepath.Join(p.Dir, base)
		}
	}
	if n, err := strconv.Atoi(number); err == nil && file != "" {
		line = n
	}
	return file, line
}
