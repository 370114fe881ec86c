package confluent

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// origin is the source of specs that are registered here.
const origin = "a client of the Confluent surface"

// maxRaces bounds how often others may be quicker to take a version.
const maxRaces = 100

// register answers POST /subjects/{subject}/versions.
func (s *server) register(r *http.Request) (any, error) {
	want, err := readCandidate(r)
	if err != nil {
		return nil, err
	}
	name := r.PathValue("subject")
	for race := 0; ; race++ {
		e, err := s.registerOnce(r.Context(), name, want)
		conflict, ok := errors.AsType[*salt.ConflictError](err)
		if taken := ok && conflict.Level == ""; taken && race < maxRaces {
			continue // the version is somebody's since we looked
		}
		return e, err
	}
}

func (s *server) registerOnce(ctx context.Context, name string, want *candidate) (*entry, error) {
	sub, err := s.resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	spec, have, err := sub.plan(want)
	if err != nil || have != nil {
		return have, err
	}
	if err := s.store.Register(ctx, spec); err != nil {
		return nil, err
	}
	if sub.records, err = s.records(ctx, sub.topic); err != nil {
		return nil, err
	}
	for _, e := range sub.entries() {
		if e.record.Version == spec.Version {
			return e, nil
		}
	}
	return nil, noSubject(name)
}

// plan says what to register, or what is there already.
func (s *subject) plan(want *candidate) (spec *salt.Spec, have *entry, err error) {
	if s.part != payload {
		spec, have, err = s.planAnswer(want)
	} else {
		spec, have, err = s.planPayload(want)
	}
	switch {
	case err != nil:
		return nil, nil, err
	case want.id > 0 && (have == nil || have.ID != want.id):
		return nil, nil, fail(codeNotPermitted, "Salt gives schemas their ids itself; send no id")
	}
	return spec, have, nil
}

func (s *subject) planPayload(want *candidate) (*salt.Spec, *entry, error) {
	next := len(s.records) + 1
	if have := s.find(want.schema); have != nil && (want.version == 0 || want.version == have.Version) {
		return nil, have, nil
	}
	if want.version > 0 && want.version != next {
		return nil, nil, fail(codeBadVersion, "Salt counts versions itself, the next of %q is %d; send no version", s.name, next)
	}
	spec := s.next(want.schema)
	if err := salt.CheckVersion(spec.Version); err != nil {
		return nil, nil, fail(codeBadVersion, "no version comes after the latest of %q: %v", s.name, err)
	}
	return spec, nil, nil
}

// planAnswer completes a version of a topic of requests.
func (s *subject) planAnswer(want *candidate) (*salt.Spec, *entry, error) {
	target := s.latest()
	if want.version > 0 {
		target = nil
		for _, r := range s.records {
			if r.Number == want.version {
				target = r
			}
		}
		if target == nil {
			return nil, nil, fail(codeVersion, "version %d of %q not found; register the request's schema first", want.version, s.topic)
		}
	}
	if part, _ := s.part.schema(target); part == nil {
		return s.completed(target, want.schema), nil, nil
	}
	if why := s.occupied(target, want); why != "" {
		return nil, nil, fail(codeIncompatible, "%s", why)
	}
	return nil, s.find(want.schema), nil
}

// occupied says why the target cannot take what is wanted: it has the subject's
// part already. It is empty if it can, or if a version has just that.
func (s *subject) occupied(target *salt.Record, want *candidate) string {
	part, _ := s.part.schema(target)
	if have := s.find(want.schema); part == nil || have != nil && (want.version == 0 || want.version == have.Version) {
		return ""
	}
	return fmt.Sprintf("version %d of %q (%s) has another %s; register a new version of %q first, then its %s",
		target.Number, s.topic, target.Version, s.part.name, s.topic, s.part.name)
}

// completed is what adds the subject's part to a version.
func (s *subject) completed(target *salt.Record, text *schema.Schema) *salt.Spec {
	spec := &salt.Spec{Topic: s.topic, Version: target.Version, Mode: target.Mode, Schema: target.Schema, Source: origin}
	s.part.set(spec, text)
	return spec
}

// next is the topic's next version.
func (s *subject) next(text *schema.Schema) *salt.Spec {
	spec := &salt.Spec{
		Topic: s.topic, Version: s.nextVersion(), Mode: salt.ModeEvent, Exchange: salt.DefaultExchange,
		Schema: text, Source: origin,
	}
	if latest := s.latest(); latest != nil {
		spec.Mode, spec.Exchange, spec.Doc = latest.Mode, latest.Exchange, latest.Doc
	}
	return spec
}

// nextVersion is one above the highest whole number.
func (s *subject) nextVersion() string {
	highest := 0
	for _, r := range s.records {
		whole, _, _ := strings.Cut(strings.TrimLeft(r.Version, "vV"), ".")
		if n, err := strconv.Atoi(whole); err == nil {
			highest = max(highest, n)
		}
	}
	return "v" + strconv.Itoa(highest+1)
}
