package clients

import (
	"context"
	"errors"
	"reflect"
	"testing"

	"github.com/twmb/franz-go/pkg/sr"
)

// TestFranz runs every operation of franz-go's client.
func TestFranz(t *testing.T) {
	t.Parallel()
	cl, err := sr.NewClient(sr.URLs(serve(t)))
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	with := func(p ...sr.Param) context.Context { return sr.WithParams(ctx, p...) }
	js := func(text string) sr.Schema { return sr.Schema{Schema: text, Type: sr.TypeJSON} }
	const event, answer = "user.signup", "rpc.add-response"
	guids := map[int]string{} // filled below
	entry := func(subject string, version, id int, text string) sr.SubjectSchema {
		return sr.SubjectSchema{Subject: subject, Version: version, ID: id, Schema: js(text)}
	}
	// plain forgets the GUID, which is a matter of its own.
	plain := func(s sr.SubjectSchema, err error) (any, error) {
		guids[s.ID] = s.GUID
		s.GUID = ""
		return s, err
	}
	plains := func(all []sr.SubjectSchema, err error) (any, error) {
		for i := range all {
			all[i].GUID = ""
		}
		return all, err
	}
	level := func(all []sr.CompatibilityResult) (any, error) { return all[0].Level, all[0].Err }
	mode := func(all []sr.ModeResult) (any, error) { return all[0].Mode, all[0].Err }

	codeOf := func(err error) int {
		if e, ok := errors.AsType[*sr.ResponseError](err); ok && e.SchemaError() != nil {
			return e.ErrorCode
		}
		return 0
	}
	methods := methodsOf(reflect.TypeFor[*sr.Client](), "Do", "Opts", "OptValue", "OptValues")
	check(t, "franz-go", methods, codeOf, []operation{
		{"SupportedTypes", "", func() (any, error) { return cl.SupportedTypes(ctx) }, []sr.SchemaType{sr.TypeJSON}, 0, ""},
		{"Contexts", "", func() (any, error) { return cl.Contexts(ctx) }, []string{"."}, 0, ""},
		{"DeleteContext", "", func() (any, error) { return nil, cl.DeleteContext(ctx, ".team") }, nil, 42205, oneWorld},

		{"CreateSchema", "a new subject", func() (any, error) { return plain(cl.CreateSchema(ctx, event, js(first))) }, entry(event, 1, 1, first), 0, ""},
		{"CreateSchema", "again", func() (any, error) { return plain(cl.CreateSchema(ctx, event, js(first))) }, entry(event, 1, 1, first), 0, ""},
		{"CreateSchema", "same meaning, normalized", func() (any, error) { return plain(cl.CreateSchema(with(sr.Normalize), event, js(firstAgain))) }, entry(event, 1, 1, first), 0, ""},
		{"RegisterSchema", "a compatible version", func() (any, error) { return cl.RegisterSchema(ctx, event, js(second), -1, -1) }, 2, 0, ""},
		{"RegisterSchema", "id 0, version 0", func() (any, error) { return cl.RegisterSchema(ctx, event, js(second), 0, 0) }, 2, 0, ""},
		{"RegisterSchema", "an incompatible version", func() (any, error) { return cl.RegisterSchema(ctx, event, js(broken), -1, -1) }, 0, 409, ""},
		{"RegisterSchema", "not a schema", func() (any, error) { return cl.RegisterSchema(ctx, event, js(`{"type":1}`), -1, -1) }, 0, 42201, ""},
		{"RegisterSchema", "Avro", func() (any, error) { return cl.RegisterSchema(ctx, event, sr.Schema{Schema: `"string"`}, -1, -1) }, 0, 42201, jsonOnly},
		{"RegisterSchema", "a request's answer", func() (any, error) { return cl.RegisterSchema(ctx, answer, js(sum), -1, -1) }, 3, 0, ""},
		{"RegisterSchema", "another answer for that version", func() (any, error) { return cl.RegisterSchema(ctx, answer, js(first), -1, -1) }, 0, 409, ""},
		{"CreateSchemaWithIDAndVersion", "an id of one's own", func() (any, error) {
			return plain(cl.CreateSchemaWithIDAndVersion(ctx, event, js(sum), 77, 3))
		}, nil, 42205, ownIDs},
		{"CreateSchemaWithIDAndVersion", "what is there already", func() (any, error) {
			return plain(cl.CreateSchemaWithIDAndVersion(ctx, event, js(second), 2, 2))
		}, entry(event, 2, 2, second), 0, ""},

		{"Subjects", "", func() (any, error) { return cl.Subjects(ctx) }, []string{"rpc.add", answer, event}, 0, ""},
		{"Subjects", "by prefix", func() (any, error) { return cl.Subjects(with(sr.SubjectPrefix("user."), sr.ShowDeleted)) }, []string{event}, 0, ""},
		{"Subjects", "deleted only", func() (any, error) { return cl.Subjects(with(sr.DeletedOnly)) }, []string{}, 0, ""},
		{"Subjects", "in another context", func() (any, error) { return cl.Subjects(sr.InContext(ctx, ".team")) }, nil, 42208, oneWorld},
		{"SubjectVersions", "", func() (any, error) { return cl.SubjectVersions(ctx, event) }, []int{1, 2}, 0, ""},
		{"SubjectVersions", "of nobody", func() (any, error) { return cl.SubjectVersions(ctx, "no/body") }, nil, 40401, ""},
		{"SchemaByVersion", "the latest", func() (any, error) { return plain(cl.SchemaByVersion(ctx, event, -1)) }, entry(event, 2, 2, second), 0, ""},
		{"SchemaByVersion", "the first", func() (any, error) { return plain(cl.SchemaByVersion(ctx, event, 1)) }, entry(event, 1, 1, first), 0, ""},
		{"SchemaByVersion", "an answer", func() (any, error) { return plain(cl.SchemaByVersion(ctx, answer, 1)) }, entry(answer, 1, 3, sum), 0, ""},
		{"SchemaByVersion", "one that is not there", func() (any, error) { return plain(cl.SchemaByVersion(ctx, event, 9)) }, nil, 40402, ""},
		{"SchemaByVersion", "0", func() (any, error) { return plain(cl.SchemaByVersion(ctx, event, 0)) }, nil, 42202, ""},
		{"SchemaTextByVersion", "", func() (any, error) { return cl.SchemaTextByVersion(ctx, event, 2) }, second, 0, ""},
		{"AllSchemas", "", func() (any, error) { return plains(cl.AllSchemas(ctx)) }, []sr.SubjectSchema{
			entry("rpc.add", 1, 1, first), entry(answer, 1, 3, sum), entry(event, 1, 1, first), entry(event, 2, 2, second),
		}, 0, ""},
		{"AllSchemas", "latest, by prefix", func() (any, error) { return plains(cl.AllSchemas(with(sr.LatestOnly, sr.SubjectPrefix("user.")))) }, []sr.SubjectSchema{
			entry(event, 2, 2, second),
		}, 0, ""},
		{"Schemas", "", func() (any, error) { return plains(cl.Schemas(ctx, event)) }, []sr.SubjectSchema{entry(event, 1, 1, first), entry(event, 2, 2, second)}, 0, ""},
		{"LookupSchema", "by meaning", func() (any, error) { return plain(cl.LookupSchema(ctx, event, js(firstAgain))) }, entry(event, 1, 1, first), 0, ""},
		{"LookupSchema", "not registered", func() (any, error) { return plain(cl.LookupSchema(ctx, event, js(sum))) }, nil, 40403, ""},
		{"LookupSchema", "of nobody", func() (any, error) { return plain(cl.LookupSchema(ctx, "nobody", js(sum))) }, nil, 40401, ""},

		{"SchemaByID", "", func() (any, error) { return cl.SchemaByID(with(sr.Subject(event), sr.FetchMaxID), 2) }, js(second), 0, ""},
		{"SchemaByID", "one that is not there", func() (any, error) { return cl.SchemaByID(ctx, 99) }, nil, 40403, ""},
		{"SchemaTextByID", "", func() (any, error) { return cl.SchemaTextByID(ctx, 3) }, sum, 0, ""},
		{"SchemaByGUID", "", func() (any, error) { s, err := cl.SchemaByGUID(ctx, guids[2]); return s.Schema, err }, js(second), 0, ""},
		{"SchemaIDsByGUID", "", func() (any, error) { return cl.SchemaIDsByGUID(ctx, guids[2]) }, []sr.ContextID{{Context: ".", ID: 2}}, 0, ""},
		{"SubjectsByID", "", func() (any, error) { return cl.SubjectsByID(ctx, 1) }, []string{"rpc.add", event}, 0, ""},
		{"SchemaVersionsByID", "", func() (any, error) { return cl.SchemaVersionsByID(ctx, 1) },
			[]sr.SubjectVersion{{Subject: "rpc.add", Version: 1}, {Subject: event, Version: 1}}, 0, ""},
		{"SchemaUsagesByID", "", func() (any, error) { return plains(cl.SchemaUsagesByID(ctx, 3)) }, []sr.SubjectSchema{entry(answer, 1, 3, sum)}, 0, ""},
		{"SchemaReferences", "", func() (any, error) { return plains(cl.SchemaReferences(ctx, event, -1)) }, []sr.SubjectSchema(nil), 0, ""},

		{"Compatibility", "of the registry", func() (any, error) { return level(cl.Compatibility(ctx)) }, sr.CompatForwardTransitive, 0, ""},
		{"Compatibility", "of a subject, not set", func() (any, error) { return level(cl.Compatibility(ctx, event)) }, nil, 40408, ""},
		{"Compatibility", "of a subject, by default", func() (any, error) { return level(cl.Compatibility(with(sr.DefaultToGlobal), event)) }, sr.CompatForwardTransitive, 0, ""},
		{"SetCompatibility", "of a subject", func() (any, error) {
			return level(cl.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatFullTransitive, Normalize: true}, event))
		}, sr.CompatFullTransitive, 0, ""},
		{"SetCompatibility", "an alias", func() (any, error) {
			return level(cl.SetCompatibility(ctx, sr.SetCompatibility{Level: sr.CompatFull, Alias: "other"}, event))
		}, nil, 42205, "Salt has no aliases"},
		{"Compatibility", "of a subject, set", func() (any, error) { return level(cl.Compatibility(ctx, event)) }, sr.CompatFullTransitive, 0, ""},
		{"ResetCompatibility", "of a subject", func() (any, error) { return level(cl.ResetCompatibility(ctx, event)) }, sr.CompatFullTransitive, 0, ""},
		{"ResetCompatibility", "of the registry", func() (any, error) { return level(cl.ResetCompatibility(ctx)) }, sr.CompatForwardTransitive, 0, ""},
		{"CheckCompatibility", "compatible with the latest", func() (any, error) { return cl.CheckCompatibility(ctx, event, -1, js(second)) }, sr.CheckCompatibilityResult{Is: true}, 0, ""},
		{"CheckCompatibility", "incompatible", func() (any, error) {
			r, err := cl.CheckCompatibility(with(sr.Verbose), event, -1, js(broken))
			return []bool{r.Is, len(r.Messages) > 0}, err
		}, []bool{false, true}, 0, ""},
		{"CheckCompatibility", "with all versions", func() (any, error) { return cl.CheckCompatibility(ctx, event, -2, js(broken)) }, sr.CheckCompatibilityResult{}, 0, ""},
		{"CheckCompatibility", "with a version that is not there", func() (any, error) { return cl.CheckCompatibility(ctx, event, 9, js(second)) }, nil, 40402, ""},

		{"Mode", "", func() (any, error) { return mode(cl.Mode(ctx)) }, sr.ModeReadWrite, 0, ""},
		{"Mode", "of a subject", func() (any, error) { return mode(cl.Mode(ctx, event)) }, sr.ModeReadWrite, 0, ""},
		{"SetMode", "READWRITE", func() (any, error) { return mode(cl.SetMode(ctx, sr.ModeReadWrite, event)) }, sr.ModeReadWrite, 0, ""},
		{"SetMode", "IMPORT", func() (any, error) { return mode(cl.SetMode(with(sr.Force), sr.ModeImport)) }, nil, 42205, always},
		{"ResetMode", "", func() (any, error) { return mode(cl.ResetMode(ctx, event)) }, sr.ModeReadWrite, 0, ""},

		{"DeleteSchema", "soft", func() (any, error) { return nil, cl.DeleteSchema(ctx, event, 1, sr.SoftDelete) }, nil, 42205, immutable},
		{"DeleteSchema", "hard", func() (any, error) { return nil, cl.DeleteSchema(ctx, event, -1, sr.HardDelete) }, nil, 42205, immutable},
		{"DeleteSubject", "soft", func() (any, error) { return cl.DeleteSubject(ctx, event, sr.SoftDelete) }, nil, 42205, immutable},
		{"DeleteSubject", "hard", func() (any, error) { return cl.DeleteSubject(ctx, event, sr.HardDelete) }, nil, 42205, immutable},
	})
}
