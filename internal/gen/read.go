package gen

import (
	"errors"
	"fmt"
	"path"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt"
)

// A specFile is a spec as it stands in a file.
type specFile struct {
	Topic    string         `json:"topic"`
	Version  string         `json:"version"`
	Mode     string         `json:"mode"`
	Doc      string         `json:"doc"`
	Exchange string         `json:"exchange"`
	Schema   jsontext.Value `json:"schema"`
	Response jsontext.Value `json:"response"`
	Error    jsontext.Value `json:"error"`

	// Provenance, which generators do not need.
	Package string `json:"package"`
	Type    string `json:"type"`
	Source  string `json:"source"`
}

// A reader collects the contracts of files.
type reader struct {
	options   LoadOptions
	contracts []*Contract
	bare      string // the file of the bare schema that took options.Topic
}

// read reads one file.
func (r *reader) read(text []byte, file string) error {
	value := jsontext.Value(text)
	if err := checkJSON(value); err != nil {
		return fmt.Errorf("%s: read contracts: %w", file, err)
	}
	switch list := contractList(value); {
	case value.Kind() == '[':
		return r.specs(Items(value), file, file+"#")
	case list != nil:
		return r.specs(list, file, file+"#/contracts")
	case isSpec(value):
		return r.spec(value, file, file+"#")
	}
	return r.bareSchema(value, file)
}

// checkJSON refuses what is no JSON, naming line and column.
func checkJSON(value jsontext.Value) error {
	err := json.Unmarshal(value, new(jsontext.Value))
	bad, ok := errors.AsType[*jsontext.SyntacticError](err)
	if !ok {
		return err
	}
	before := string(value[:min(int(bad.ByteOffset), len(value))])
	line := 1 + strings.Count(before, "\n")
	return fmt.Errorf("line %d, column %d: %w", line, len(before)-strings.LastIndexByte(before, '\n'), bad.Err)
}

// contractList returns the array of {"contracts": […]}.
func contractList(value jsontext.Value) []jsontext.Value {
	for name, v := range Fields(value) {
		if name == "contracts" {
			return Items(v)
		}
	}
	return nil
}

// isSpec tells a spec from a schema, which may have members of any name.
func isSpec(value jsontext.Value) bool {
	topic, body := false, false
	for name, v := range Fields(value) {
		topic = topic || name == "topic" && v.Kind() == '"'
		body = body || name == "schema" && isSchema(v)
	}
	return topic || body
}

func (r *reader) specs(list []jsontext.Value, file, at string) error {
	for i, value := range list {
		place := at + "/" + strconv.Itoa(i)
		if err := r.spec(value, place, place); err != nil {
			return err
		}
	}
	if len(list) == 0 {
		return fmt.Errorf("%s: the list of contracts is empty", file)
	}
	return nil
}

// spec reads one spec. Its schemas are at prefix+"/schema" and so on.
func (r *reader) spec(value jsontext.Value, origin, prefix string) error {
	var s specFile
	if err := json.Unmarshal(value, &s, json.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%s: read contract: %w (a contract is {\"topic\", \"version\", \"mode\", \"doc\", \"exchange\", \"schema\", \"response\", \"error\"})", origin, err)
	}
	if s.Schema == nil {
		return fmt.Errorf("%s: the contract has no schema; add the payload's JSON Schema as its member schema", origin)
	}
	if s.Topic == "" {
		return fmt.Errorf("%s: the contract has no topic", origin)
	}
	c := &Contract{Topic: s.Topic, Version: s.Version, Mode: salt.Mode(s.Mode), Doc: s.Doc, Exchange: s.Exchange, Origin: origin,
		Package: s.Package, Type: s.Type, Source: s.Source}
	for _, part := range []struct {
		name  string
		value jsontext.Value
		doc   **Document
	}{{"schema", s.Schema, &c.Payload}, {"response", s.Response, &c.Response}, {"error", s.Error, &c.Error}} {
		if part.value == nil || part.value.Kind() == 'n' {
			continue
		}
		doc, err := Parse(part.value, prefix+"/"+part.name)
		if err != nil {
			return err
		}
		*part.doc = doc
	}
	return r.add(c)
}

// bareSchema reads a file that is a schema and nothing else.
func (r *reader) bareSchema(value jsontext.Value, file string) error {
	topic, version, _ := strings.Cut(strings.TrimSuffix(path.Base(file), ".json"), "@")
	if r.options.Topic != "" {
		if r.bare != "" {
			return fmt.Errorf("%s: the topic %s was given to the schema of %s already; give one schema, or name the files after their topics", file, r.options.Topic, r.bare)
		}
		topic, r.bare = r.options.Topic, file
	}
	if r.options.Version != "" {
		version = r.options.Version
	}
	doc, err := Parse(value, file)
	if err != nil {
		return err
	}
	return r.add(&Contract{Topic: topic, Version: version, Payload: doc, Origin: file})
}

// add completes a contract and checks it.
func (r *reader) add(c *Contract) error {
	if c.Version == "" {
		c.Version = salt.DefaultVersion
	}
	if c.Exchange == "" {
		c.Exchange = salt.DefaultExchange
	}
	if c.Mode == "" {
		c.Mode = salt.ModeEvent
		if c.Response != nil || c.Error != nil {
			c.Mode = salt.ModeRPC
		}
	}
	if err := salt.CheckTopic(c.Topic); err != nil {
		return c.Errorf("%w; a schema's file is named after its topic (user.created.json), or give the topic", err)
	}
	if err := salt.CheckVersion(c.Version); err != nil {
		return c.Errorf("%w", err)
	}
	switch {
	case c.Payload == nil:
		return c.Errorf("the payload's schema is null")
	case c.Mode != salt.ModeEvent && c.Mode != salt.ModeRPC:
		return c.Errorf("mode %q is neither event nor rpc", c.Mode)
	case c.Mode == salt.ModeEvent && (c.Response != nil || c.Error != nil):
		return c.Errorf("an event has neither response nor error; make the mode rpc")
	}
	if c.Version[0] != 'v' {
		c.Version = "v" + strings.TrimLeft(c.Version, "vV")
	}
	r.contracts = append(r.contracts, c)
	return nil
}
