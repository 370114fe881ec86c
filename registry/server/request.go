package server

import (
	"fmt"
	"io"
	"net/http"
	"sync"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

const (
	// maxSpecs bounds how many specs one request may bring, and maxVersions how
	// many of one topic: judging one costs the more the more there are.
	maxSpecs    = 10_000
	maxVersions = 100
)

// decode reads the request's body.
func (s *server) decode(r *http.Request, into any) error {
	text, err := io.ReadAll(r.Body)
	if err != nil {
		return badRequest("read the request: %w", err)
	}
	return s.decodeText(text, into)
}

func (s *server) decodeText(text []byte, into any) error {
	parse := json.WithUnmarshalers(json.UnmarshalFromFunc(func(d *jsontext.Decoder, into **schema.Schema) error {
		text, err := d.ReadValue()
		if err != nil {
			return err
		}
		if text.Kind() == 'n' {
			*into = nil
			return nil
		}
		*into, err = s.schemas.parse(text)
		return err
	}))
	if err := json.Unmarshal(text, into, parse, json.RejectUnknownMembers(true)); err != nil {
		return badRequest("the request cannot be read: %w", err)
	}
	return nil
}

// specs reads and checks the specs of a request.
func (s *server) specs(r *http.Request) ([]*salt.Spec, error) {
	var body struct {
		Specs []*salt.Spec `json:"specs"`
	}
	if err := s.decode(r, &body); err != nil {
		return nil, err
	}
	if len(body.Specs) > maxSpecs {
		return nil, badRequest("the request brings %d specs, at most %d are taken", len(body.Specs), maxSpecs)
	}
	versions := map[string]int{}
	for i, spec := range body.Specs {
		if err := checkSpec(spec); err != nil {
			return nil, badRequest("spec %d: %w", i, err)
		}
		if versions[spec.Topic]++; versions[spec.Topic] > maxVersions {
			return nil, statusError{http.StatusRequestEntityTooLarge, fmt.Sprintf("the request brings more than %d versions of the topic %q; bring them in several requests, the oldest first", maxVersions, spec.Topic)}
		}
	}
	return body.Specs, nil
}

func checkSpec(s *salt.Spec) error {
	if s == nil {
		return fmt.Errorf("it is null")
	}
	if err := salt.CheckTopic(s.Topic); err != nil {
		return err
	}
	if err := salt.CheckVersion(s.Version); err != nil {
		return fmt.Errorf("%q: %w", s.Topic, err)
	}
	switch {
	case s.Mode != salt.ModeEvent && s.Mode != salt.ModeRPC:
		return fmt.Errorf("%q %s: mode %q is neither event nor rpc", s.Topic, s.Version, s.Mode)
	case s.Schema == nil:
		return fmt.Errorf("%q %s has no schema", s.Topic, s.Version)
	}
	return nil
}

// topicOf returns the topic in the path.
func topicOf(r *http.Request) (string, error) {
	topic := r.PathValue("topic")
	if err := salt.CheckTopic(topic); err != nil {
		return "", badRequest("%w", err)
	}
	return topic, nil
}

// versionOf returns topic and version in the path.
func versionOf(r *http.Request) (topic, version string, err error) {
	if topic, err = topicOf(r); err != nil {
		return "", "", err
	}
	version = r.PathValue("version")
	if err := salt.CheckVersion(version); err != nil {
		return "", "", badRequest("%w", err)
	}
	return topic, version, nil
}

// A schemaCache keeps schemas that were parsed, because compiling one costs
// milliseconds, and every start of a service brings the same ones again.
type schemaCache struct {
	mu    sync.Mutex
	known map[string]*schema.Schema
	size  int
}

// maxKept bounds the text of the schemas kept.
const maxKept = 16 << 20

func (c *schemaCache) parse(text []byte) (*schema.Schema, error) {
	c.mu.Lock()
	known := c.known[string(text)]
	c.mu.Unlock()
	if known != nil {
		return known, nil
	}
	parsed, err := schema.Parse(text)
	if err != nil {
		return nil, err
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known == nil || c.size+len(text) > maxKept {
		c.known, c.size = map[string]*schema.Schema{}, 0
	}
	c.known[string(text)] = parsed
	c.size += len(text)
	return parsed, nil
}
