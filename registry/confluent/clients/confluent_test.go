package clients

import (
	"errors"
	"reflect"
	"testing"

	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry"
	"github.com/confluentinc/confluent-kafka-go/v2/schemaregistry/rest"
)

// TestConfluent runs every operation of Confluent's own client.
func TestConfluent(t *testing.T) {
	t.Parallel()
	url := serve(t)
	open := func() schemaregistry.Client {
		cl, err := schemaregistry.NewClient(schemaregistry.NewConfig(url))
		if err != nil {
			t.Fatal(err)
		}
		return cl
	}
	cl, fresh := open(), open() // fresh has nothing in its cache that cl has put there
	js := func(text string) schemaregistry.SchemaInfo {
		return schemaregistry.SchemaInfo{Schema: text, SchemaType: "JSON"}
	}
	const event, answer = "user.signup", "rpc.add-response"
	guids := map[int]string{}
	entry := func(subject string, version, id int, text string) schemaregistry.SchemaMetadata {
		return schemaregistry.SchemaMetadata{SchemaInfo: js(text), ID: id, Subject: subject, Version: version}
	}
	plain := func(s schemaregistry.SchemaMetadata, err error) (any, error) {
		guids[s.ID] = s.GUID
		s.GUID = ""
		return s, err
	}
	config := func(c schemaregistry.ServerConfig, err error) (any, error) {
		return []string{c.CompatibilityLevel.String(), c.CompatibilityUpdate.String()}, err
	}
	level := func(c schemaregistry.Compatibility, err error) (any, error) { return c.String(), err }

	codeOf := func(err error) int {
		if e, ok := errors.AsType[*rest.Error](err); ok {
			return e.Code
		}
		return 0
	}
	methods := methodsOf(reflect.TypeFor[schemaregistry.Client](), "Config", "ClearLatestCaches", "ClearCaches", "Close")
	check(t, "confluent", methods, codeOf, []operation{
		{"GetAllContexts", "", func() (any, error) { return cl.GetAllContexts() }, []string{"."}, 0, ""},

		{"Register", "a new subject", func() (any, error) { return cl.Register(event, js(first), false) }, 1, 0, ""},
		{"Register", "again, by another client", func() (any, error) { return fresh.Register(event, js(first), false) }, 1, 0, ""},
		{"Register", "same meaning, normalized", func() (any, error) { return cl.Register(event, js(firstAgain), true) }, 1, 0, ""},
		{"RegisterFullResponse", "a compatible version", func() (any, error) { return plain(cl.RegisterFullResponse(event, js(second), false)) }, entry(event, 2, 2, second), 0, ""},
		{"RegisterFullResponse", "a request's answer", func() (any, error) { return plain(cl.RegisterFullResponse(answer, js(sum), false)) }, entry(answer, 1, 3, sum), 0, ""},
		{"Register", "an incompatible version", func() (any, error) { return cl.Register(event, js(broken), false) }, nil, 409, ""},
		{"Register", "not a schema", func() (any, error) { return cl.Register(event, js(`{"type":1}`), false) }, nil, 42201, ""},
		{"Register", "Avro", func() (any, error) { return cl.Register(event, schemaregistry.SchemaInfo{Schema: `"string"`}, false) }, nil, 42201, jsonOnly},
		{"Register", "rules", func() (any, error) {
			info := js(second)
			info.RuleSet = &schemaregistry.RuleSet{DomainRules: []schemaregistry.Rule{{Name: "encrypt"}}}
			return cl.Register(event, info, false)
		}, nil, 42210, "Salt runs no rules"},
		{"Register", "references", func() (any, error) {
			info := js(second)
			info.References = []schemaregistry.Reference{{Name: "a", Subject: "b", Version: 1}}
			return cl.Register(event, info, false)
		}, nil, 42201, "a schema stands alone"},

		{"GetBySubjectAndID", "", func() (any, error) { return fresh.GetBySubjectAndID(event, 2) }, js(second), 0, ""},
		{"GetBySubjectAndID", "no subject", func() (any, error) { return fresh.GetBySubjectAndID("", 3) }, js(sum), 0, ""},
		{"GetBySubjectAndID", "one that is not there", func() (any, error) { return fresh.GetBySubjectAndID(event, 99) }, nil, 40403, ""},
		{"GetByGUID", "", func() (any, error) { return fresh.GetByGUID(guids[2]) }, js(second), 0, ""},
		{"GetSubjectsAndVersionsByID", "", func() (any, error) { return cl.GetSubjectsAndVersionsByID(1) },
			[]schemaregistry.SubjectAndVersion{{Subject: "rpc.add", Version: 1}, {Subject: event, Version: 1}}, 0, ""},
		{"GetID", "", func() (any, error) { return fresh.GetID(event, js(second), false) }, 2, 0, ""},
		{"GetID", "not registered", func() (any, error) { return fresh.GetID(event, js(sum), false) }, nil, 40403, ""},
		{"GetIDFullResponse", "by meaning", func() (any, error) { return plain(fresh.GetIDFullResponse(event, js(firstAgain), true)) }, entry(event, 1, 1, first), 0, ""},
		{"GetLatestSchemaMetadata", "", func() (any, error) { return plain(cl.GetLatestSchemaMetadata(event)) }, entry(event, 2, 2, second), 0, ""},
		{"GetSchemaMetadata", "", func() (any, error) { return plain(cl.GetSchemaMetadata(event, 1)) }, entry(event, 1, 1, first), 0, ""},
		{"GetSchemaMetadata", "one that is not there", func() (any, error) { return plain(cl.GetSchemaMetadata(event, 9)) }, nil, 40402, ""},
		{"GetSchemaMetadataIncludeDeleted", "", func() (any, error) { return plain(cl.GetSchemaMetadataIncludeDeleted(event, 2, true)) }, entry(event, 2, 2, second), 0, ""},
		{"GetLatestWithMetadata", "", func() (any, error) {
			return plain(cl.GetLatestWithMetadata(event, map[string]string{"major": "1"}, false))
		}, nil, 40402, noData},
		{"GetAllVersions", "", func() (any, error) { return cl.GetAllVersions(event) }, []int{1, 2}, 0, ""},
		{"GetAllVersions", "of nobody", func() (any, error) { return cl.GetAllVersions("no/body") }, nil, 40401, ""},
		{"GetVersion", "", func() (any, error) { return cl.GetVersion(event, js(second), false) }, 2, 0, ""},
		{"GetVersionIncludeDeleted", "", func() (any, error) { return cl.GetVersionIncludeDeleted(event, js(first), false, true) }, 1, 0, ""},
		{"GetAllSubjects", "", func() (any, error) { return cl.GetAllSubjects() }, []string{"rpc.add", answer, event}, 0, ""},

		{"TestSubjectCompatibility", "compatible", func() (any, error) { return cl.TestSubjectCompatibility(event, js(second)) }, true, 0, ""},
		{"TestSubjectCompatibility", "incompatible", func() (any, error) { return cl.TestSubjectCompatibility(event, js(broken)) }, false, 0, ""},
		{"TestCompatibility", "compatible", func() (any, error) { return cl.TestCompatibility(event, 1, js(second)) }, true, 0, ""},
		{"TestCompatibility", "incompatible", func() (any, error) { return cl.TestCompatibility(event, 2, js(broken)) }, false, 0, ""},
		{"TestCompatibility", "with a version that is not there", func() (any, error) { return cl.TestCompatibility(event, 9, js(second)) }, nil, 40402, ""},

		{"GetDefaultCompatibility", "", func() (any, error) { return level(cl.GetDefaultCompatibility()) }, "FORWARD_TRANSITIVE", 0, ""},
		{"UpdateDefaultCompatibility", "", func() (any, error) { return level(cl.UpdateDefaultCompatibility(schemaregistry.Full)) }, "FULL", 0, ""},
		{"GetDefaultConfig", "", func() (any, error) { return config(cl.GetDefaultConfig()) }, []string{"FULL", ""}, 0, ""},
		{"UpdateDefaultConfig", "", func() (any, error) {
			return config(cl.UpdateDefaultConfig(schemaregistry.ServerConfig{CompatibilityUpdate: schemaregistry.Forward}))
		}, []string{"", "FORWARD"}, 0, ""},
		{"GetCompatibility", "not set", func() (any, error) { return level(cl.GetCompatibility(event)) }, nil, 40408, ""},
		{"UpdateCompatibility", "", func() (any, error) { return level(cl.UpdateCompatibility(event, schemaregistry.BackwardTransitive)) }, "BACKWARD_TRANSITIVE", 0, ""},
		{"GetCompatibility", "set", func() (any, error) { return level(cl.GetCompatibility(event)) }, "BACKWARD_TRANSITIVE", 0, ""},
		{"GetConfig", "by default", func() (any, error) { return config(cl.GetConfig(answer, true)) }, []string{"FORWARD", ""}, 0, ""},
		{"UpdateConfig", "", func() (any, error) {
			return config(cl.UpdateConfig(event, schemaregistry.ServerConfig{CompatibilityUpdate: schemaregistry.None, Normalize: true}))
		}, []string{"", "NONE"}, 0, ""},
		{"UpdateConfig", "a group", func() (any, error) {
			return config(cl.UpdateConfig(event, schemaregistry.ServerConfig{CompatibilityUpdate: schemaregistry.None, CompatibilityGroup: "major"}))
		}, nil, 42205, noData},

		{"DeleteSubjectVersion", "soft", func() (any, error) { return cl.DeleteSubjectVersion(event, 1, false) }, nil, 42205, immutable},
		{"DeleteSubject", "hard", func() (any, error) { return cl.DeleteSubject(event, true) }, nil, 42205, immutable},
	})
}
