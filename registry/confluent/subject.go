package confluent

import (
	"context"
	"slices"
	"strings"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// A part is what a subject holds of the versions of its topic.
type part struct {
	name   string // as in [salt.Check]
	suffix string // of the subject
	schema func(*salt.Record) (*schema.Schema, int64)
	set    func(*salt.Spec, *schema.Schema)
}

var (
	payload = &part{
		name:   "payload",
		schema: func(r *salt.Record) (*schema.Schema, int64) { return r.Schema, r.SchemaID },
		set:    func(s *salt.Spec, text *schema.Schema) { s.Schema = text },
	}
	response = &part{
		name: "response", suffix: "-response",
		schema: func(r *salt.Record) (*schema.Schema, int64) { return r.Response, r.ResponseID },
		set:    func(s *salt.Spec, text *schema.Schema) { s.Response = text },
	}
	failed = &part{
		name: "error", suffix: "-error",
		schema: func(r *salt.Record) (*schema.Schema, int64) { return r.Error, r.ErrorID },
		set:    func(s *salt.Spec, text *schema.Schema) { s.Error = text },
	}
)

// A subject is one part of a topic.
type subject struct {
	name    string
	topic   string
	part    *part
	records []*salt.Record // of the topic, by version order
}

// siblings are the subjects that a topic has beside its own.
func siblings(topic string, records []*salt.Record) []*subject {
	if len(records) == 0 || records[len(records)-1].Mode != salt.ModeRPC {
		return nil
	}
	return []*subject{
		{topic + response.suffix, topic, response, records},
		{topic + failed.suffix, topic, failed, records},
	}
}

// plainName takes the one context off a subject and refuses what no topic is called.
func plainName(name string) (string, error) {
	plain := strings.TrimPrefix(name, ":.:")
	if strings.HasPrefix(plain, ":.") {
		return "", fail(codeBadSubject, `subject %q: Salt has one context, "."; leave contexts out`, name)
	}
	if err := salt.CheckTopic(plain); err != nil {
		return "", fail(codeBadSubject, "invalid subject: %v", err)
	}
	return plain, nil
}

// resolve finds out what a subject is. One that is not there is a topic without
// records.
func (s *server) resolve(ctx context.Context, name string) (*subject, error) {
	name, err := plainName(name)
	if err != nil {
		return nil, err
	}
	own, err := s.records(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(own) > 0 {
		return &subject{name, name, payload, own}, nil
	}
	for _, p := range []*part{response, failed} {
		topic, ok := strings.CutSuffix(name, p.suffix)
		if !ok || topic == "" {
			continue
		}
		records, err := s.records(ctx, topic)
		if err != nil {
			return nil, err
		}
		if len(siblings(topic, records)) > 0 {
			return &subject{name, topic, p, records}, nil
		}
	}
	return &subject{name, name, payload, nil}, nil
}

// existing is resolve for those who want to read.
func (s *server) existing(ctx context.Context, name string) (*subject, error) {
	sub, err := s.resolve(ctx, name)
	if err != nil {
		return nil, err
	}
	if len(sub.entries()) == 0 {
		return nil, noSubject(name)
	}
	return sub, nil
}

func (s *server) records(ctx context.Context, topic string) ([]*salt.Record, error) {
	var all []*salt.Record
	for record, err := range s.store.Records(ctx, topic) {
		if err != nil {
			return nil, err
		}
		all = append(all, record)
	}
	return all, nil
}

// everything lists all subjects by name.
func (s *server) everything(ctx context.Context) ([]*subject, error) {
	records, err := s.records(ctx, "")
	if err != nil {
		return nil, err
	}
	topics := map[string][]*salt.Record{}
	for _, r := range records {
		topics[r.Topic] = append(topics[r.Topic], r)
	}
	var all []*subject
	for topic, records := range topics {
		all = append(all, &subject{topic, topic, payload, records})
		for _, sibling := range siblings(topic, records) {
			if _, hidden := topics[sibling.name]; !hidden && len(sibling.entries()) > 0 {
				all = append(all, sibling)
			}
		}
	}
	slices.SortFunc(all, func(a, b *subject) int { return strings.Compare(a.name, b.name) })
	return all, nil
}

// latest is the topic's latest version, nil if there is none.
func (s *subject) latest() *salt.Record {
	if len(s.records) == 0 {
		return nil
	}
	return s.records[len(s.records)-1]
}
