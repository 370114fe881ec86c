package salt

import "github.com/celerysalt/salt/schema"

// CompareSpecs returns nil when two specs of one topic and version mean the
// same, else a *[ConflictError]. Schemas are compared by meaning: titles,
// descriptions and examples never conflict (see [schema.Conflicts]). A schema that one side does not
// know (nil: celery-salt registers responses apart) conflicts with nothing.
func CompareSpecs(have, want *Spec) error {
	conflict := func(part string, diffs []schema.Difference) error {
		return &ConflictError{
			Topic: want.Topic, Version: want.Version, Part: part,
			Have: have.Origin(), Want: want.Origin(), Differences: diffs,
		}
	}
	if have.Mode != want.Mode {
		return conflict("mode", []schema.Difference{{Path: "mode", Have: string(have.Mode), Want: string(want.Mode)}})
	}
	for _, p := range []struct {
		name       string
		have, want *schema.Schema
	}{
		{"payload", have.Schema, want.Schema},
		{"response", have.Response, want.Response},
		{"error", have.Error, want.Error},
	} {
		if p.have == nil || p.want == nil || p.have == p.want {
			continue
		}
		if diffs := schema.Conflicts(p.have, p.want); len(diffs) > 0 {
			return conflict(p.name, diffs)
		}
	}
	return nil
}

// Origin says where the spec comes from, for people: "main.RiskCreated at
// events/risk.go:12".
func (s *Spec) Origin() string {
	switch {
	case s.Type == "" && s.Source == "":
		return "unknown origin"
	case s.Source == "":
		return s.Type
	case s.Type == "":
		return s.Source
	}
	return s.Type + " at " + s.Source
}

// Merge returns s with what only other knows: schemas that s lacks. Registries
// use it when an equal spec arrives again.
func (s *Spec) Merge(other *Spec) *Spec {
	m := *s
	if m.Schema == nil {
		m.Schema = other.Schema
	}
	if m.Response == nil {
		m.Response = other.Response
	}
	if m.Error == nil {
		m.Error = other.Error
	}
	return &m
}
