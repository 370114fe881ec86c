package salt

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
)

// upcast is one step from an older version to a newer one, within one
// subscription. Immutable once that is added.
type upcast struct {
	from    *definition
	makes   reflect.Type // what convert points to
	convert func(old any) (any, error)
	next    *upcast // goes on from what this one makes; nil: the handler's own
}

func upcastOption(from *definition, makes reflect.Type, convert func(any) (any, error)) SubscribeOption {
	return func(s *subscription) {
		s.upcasts = append(s.upcasts, &upcast{from: from, makes: makes, convert: convert}) // one for each subscription
	}
}

// linkUpcasts puts the upcasts in order, checks them, and finds for each the
// version that goes on: the nearest newer one of the type that it makes.
func (s *subscription) linkUpcasts() error {
	if len(s.upcasts) == 0 {
		return nil
	}
	if !s.defined {
		return errors.New("upcasts are for handlers of a definition; a pattern has no version to convert to")
	}
	own := s.def.spec
	if s.version != LatestVersion && s.version != own.Version {
		return errors.New("FromVersion and upcasts exclude each other: upcasts say which older versions the handler takes")
	}
	slices.SortStableFunc(s.upcasts, func(a, b *upcast) int { return CompareVersions(b.from.spec.Version, a.from.spec.Version) })
	for i, u := range s.upcasts {
		from := u.from.spec
		switch {
		case from.Topic != own.Topic || from.Mode != own.Mode:
			return fmt.Errorf("upcast from %s of %q: a handler of the %s %q gets its own topic only", from.Version, from.Topic, own.Mode, own.Topic)
		case from.Exchange != own.Exchange:
			return fmt.Errorf("upcast from %s: it is published to exchange %q, but the handler listens to %q; subscribe to both", from.Version, from.Exchange, own.Exchange)
		case CompareVersions(from.Version, own.Version) >= 0:
			return fmt.Errorf("upcast from %s: it is not older than the handler's %s", from.Version, own.Version)
		case i > 0 && CompareVersions(from.Version, s.upcasts[i-1].from.spec.Version) == 0:
			return fmt.Errorf("two upcasts from %s; a version has one", from.Version)
		}
		newer := s.upcasts[:i]
		at := len(newer) - 1
		for at >= 0 && newer[at].from.goType != u.makes {
			at--
		}
		switch {
		case at >= 0:
			u.next = newer[at]
		case u.makes != s.def.goType:
			return fmt.Errorf("upcast from %s makes a *%s, but the handler takes a *%s and no other upcast goes on from there", from.Version, u.makes, s.def.goType)
		}
	}
	if s.version != LatestVersion {
		s.version = s.upcasts[len(s.upcasts)-1].from.spec.Version
	}
	return nil
}

// upcastFor returns the upcast that reads m, nil if the handler's own definition
// does.
func (s *subscription) upcastFor(m *Message) *upcast {
	version := m.filterVersion()
	if len(s.upcasts) == 0 || version == "" || AcceptsVersion(s.def.spec.Version, version) {
		return nil
	}
	for _, u := range s.upcasts {
		if AcceptsVersion(u.from.spec.Version, version) {
			return u
		}
	}
	return nil // older than all: AllVersions takes it as it is
}

// read fills v, a pointer to the definition's type, from the payload of m.
func (s *subscription) read(m *Message, v any) error {
	u := s.upcastFor(m)
	if u == nil {
		return s.def.decode(m, s.name, v)
	}
	value := reflect.New(u.from.goType).Interface()
	if err := u.from.decode(m, s.name, value); err != nil {
		return err
	}
	for ; u != nil; u = u.next {
		to, into := s.def, v
		if u.next != nil {
			to = u.next.from
			into = reflect.New(to.goType).Interface()
		}
		if err := u.apply(value, to, into); err != nil {
			return fmt.Errorf("upcast %q from %s to %s: %w", m.Topic, u.from.spec.Version, to.spec.Version, err)
		}
		value = into
	}
	return nil
}

// apply converts old and reads the result as if it had been published: checked,
// with defaults. What is wrong with it is the program's fault, not the
// sender's, so the error names no handler.
func (u *upcast) apply(old any, to *definition, into any) error {
	made, err := u.convert(old)
	if err != nil {
		return err
	}
	if reflect.ValueOf(made).IsNil() {
		return errors.New("the conversion returned nil")
	}
	where := ValidationError{Topic: to.spec.Topic, Version: to.spec.Version, Part: "payload"}
	body, err := to.payload.Marshal(made)
	if err != nil {
		return asValidation(err, where)
	}
	return checkedUnmarshal(to.payload, body, into, where)
}

// reply encodes what the handler answers. The caller of an older version reads
// it by the older schema, which nothing else would check.
func (s *subscription) reply(m *Message, resp, authored any) (*Reply, error) {
	r, err := s.def.encodeReply(m, s.name, resp, authored)
	u := s.upcastFor(m)
	if err != nil || u == nil {
		return r, err
	}
	where := ValidationError{Topic: m.Topic, Version: u.from.spec.Version, Handler: s.name, Part: "response"}
	reader := u.from.response
	if authored != nil {
		where.Part, reader = "error", u.from.fault
	}
	if err := asValidation(reader.Schema().Validate(r.Body), where); err != nil {
		return nil, fmt.Errorf("the caller is of an older version: %w", err)
	}
	return r, nil
}

// answersLike reports a version of requests that both would read by their own.
func (s *subscription) answersLike(other *subscription) (version string, both bool) {
	for _, a := range s.readers() {
		for _, b := range other.readers() {
			if CompareVersions(a, b) == 0 {
				return a, true
			}
		}
	}
	return "", false
}

// readers are the versions by which the subscription reads messages.
func (s *subscription) readers() []string {
	if len(s.upcasts) == 0 || s.version == LatestVersion {
		return []string{s.version}
	}
	versions := []string{s.def.spec.Version}
	for _, u := range s.upcasts {
		versions = append(versions, u.from.spec.Version)
	}
	return versions
}

// readsBetter reports whether s should answer m rather than other: who reads it
// by the newer version, then who takes all, last who refuses it as too old.
func (s *subscription) readsBetter(other *subscription, m *Message) bool {
	a, mine := s.standing(m)
	b, theirs := other.standing(m)
	if mine != theirs {
		return mine > theirs
	}
	return mine == standsByVersion && CompareVersions(a, b) > 0
}

const (
	standsRefusing  = iota // too old for it
	standsForAll           // AllVersions
	standsByVersion        // reads by a version of its own
)

// standing says by which version s reads m, and how well that is.
func (s *subscription) standing(m *Message) (version string, standing int) {
	switch u := s.upcastFor(m); {
	case s.version == LatestVersion:
		return s.version, standsForAll
	case u != nil:
		return u.from.spec.Version, standsByVersion
	case len(s.upcasts) > 0:
		version = s.def.spec.Version
	default:
		version = s.version
	}
	if !AcceptsVersion(version, m.filterVersion()) {
		return version, standsRefusing
	}
	return version, standsByVersion
}
