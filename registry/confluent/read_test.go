package confluent_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/confluent"
)

func quotedText(text string) string { return strings.ReplaceAll(text, `"`, `\"`) }

func TestReads(t *testing.T) {
	t.Parallel()
	steps(t, filled(t), []step{
		{"GET", "/subjects", "", 200, `["rpc.add","rpc.add-error","rpc.add-response","rpc.sub","rpc.sub-response","user.signup","user.signup-response"]`, 0},
		{"GET", "/subjects/", "", 200, `["rpc.add","rpc.add-error","rpc.add-response","rpc.sub","rpc.sub-response","user.signup","user.signup-response"]`, 0},
		{"GET", "/subjects?subjectPrefix=user.", "", 200, `["user.signup","user.signup-response"]`, 0},
		{"GET", "/subjects?subjectPrefix=:*:user.&deleted=true", "", 200, `["user.signup","user.signup-response"]`, 0},
		{"GET", "/subjects?offset=1&limit=2", "", 200, `["rpc.add-error","rpc.add-response"]`, 0},
		{"GET", "/subjects?offset=100", "", 200, `[]`, 0},
		{"GET", "/subjects?limit=many", "", 422, "not a number", 422},
		{"GET", "/subjects?deletedOnly=true", "", 200, `[]`, 0},
		{"GET", "/contexts/./subjects?subjectPrefix=user.", "", 200, `["user.signup","user.signup-response"]`, 0},
		{"GET", "/contexts/.team/subjects", "", 422, "one context", 42208},

		{"GET", "/subjects/user.signup/versions", "", 200, `[1,2]`, 0},
		{"GET", "/subjects/:.:user.signup/versions", "", 200, `[1,2]`, 0},
		{"GET", "/subjects/user%2Esignup/versions", "", 200, `[1,2]`, 0},
		{"GET", "/subjects/user.signup/versions?deletedOnly=true", "", 200, `[]`, 0},
		{"GET", "/subjects/rpc.add-response/versions", "", 200, `[1]`, 0},
		{"GET", "/subjects/nobody/versions", "", 404, `"nobody"`, 40401},
		{"GET", "/subjects/nobody-response/versions", "", 404, "", 40401},
		{"GET", "/subjects/user.signup-error/versions", "", 404, "", 40401}, // events have no siblings
		{"GET", "/subjects/rpc.sub-error/versions", "", 404, "", 40401},     // this part is missing
		{"GET", "/subjects/:.team:user.signup/versions", "", 422, "one context", 42208},
		{"GET", "/subjects/user%20signup/versions", "", 422, "invalid subject", 42208},

		{"GET", "/subjects/user.signup/versions/1", "", 200, shown("user.signup", 1, 1, nameOnly), 0},
		{"GET", "/subjects/user.signup/versions/latest", "", 200, shown("user.signup", 2, 2, nameAge), 0},
		{"GET", "/subjects/user.signup/versions/-1", "", 200, shown("user.signup", 2, 2, nameAge), 0},
		{"GET", "/subjects/rpc.add-response/versions/latest", "", 200, shown("rpc.add-response", 1, 3, sumOnly), 0},
		{"GET", "/subjects/rpc.add-error/versions/1", "", 200, shown("rpc.add-error", 1, 4, failure), 0},
		{"GET", "/subjects/rpc.sub-response/versions/1", "", 200, shown("rpc.sub-response", 1, 2, nameAge), 0},
		{"GET", "/subjects/user.signup/versions/3", "", 404, "version 3", 40402},
		{"GET", "/subjects/rpc.add-response/versions/2", "", 404, "", 40402},
		{"GET", "/subjects/nobody/versions/latest", "", 404, "", 40401},
		{"GET", "/subjects/user.signup/versions/0", "", 422, "is not a version", 42202},
		{"GET", "/subjects/user.signup/versions/v1", "", 422, "", 42202},
		{"GET", "/subjects/user.signup/versions/4294967297", "", 422, "", 42202},
		{"GET", "/subjects/user.signup/versions/2/schema", "", 200, nameAge, 0},
		{"GET", "/subjects/user.signup/versions/3/schema", "", 404, "", 40402},
		{"GET", "/subjects/user.signup/versions/1/referencedby", "", 200, `[]`, 0},
		{"GET", "/subjects/user.signup/versions/9/referencedby", "", 404, "", 40402},
		{"GET", "/subjects/user.signup/metadata", "", 200, shown("user.signup", 2, 2, nameAge), 0},
		{"GET", "/subjects/user.signup/metadata?key=a&value=b", "", 404, "metadata", 40402},
		{"GET", "/subjects/nobody/metadata", "", 404, "", 40401},

		{"GET", "/schemas/types", "", 200, `["JSON"]`, 0},
		{"GET", "/schemas?subjectPrefix=user.signup&limit=2", "", 200,
			"[" + shown("user.signup", 1, 1, nameOnly) + "," + shown("user.signup", 2, 2, nameAge) + "]", 0},
		{"GET", "/schemas?subjectPrefix=user.signup&latestOnly=true", "", 200,
			"[" + shown("user.signup", 2, 2, nameAge) + "," + shown("user.signup-response", 1, 3, sumOnly) + "]", 0},
		{"GET", "/schemas/ids/3", "", 200, `{"schemaType":"JSON","schema":"` + quotedText(sumOnly) + `","guid":"` + guids[sumOnly] + `"}`, 0},
		{"GET", "/schemas/ids/3?fetchMaxId=true&subject=x", "", 200, `{"schemaType":"JSON","schema":"` + quotedText(sumOnly) + `","guid":"` + guids[sumOnly] + `","maxId":4}`, 0},
		{"GET", "/schemas/ids/3/schema", "", 200, sumOnly, 0},
		{"GET", "/schemas/ids/3/subjects", "", 200, `["rpc.add-response","user.signup-response"]`, 0},
		{"GET", "/schemas/ids/1/versions", "", 200,
			`[{"subject":"rpc.add","version":1},{"subject":"rpc.add","version":2},{"subject":"rpc.sub","version":1},{"subject":"user.signup","version":1}]`, 0},
		{"GET", "/schemas/ids/1/subjects", "", 200, `["rpc.add","rpc.sub","user.signup"]`, 0},
		{"GET", "/schemas/ids/1/versions?subject=rpc.sub", "", 200, `[{"subject":"rpc.sub","version":1}]`, 0},
		{"GET", "/schemas/ids/99", "", 404, "", 40403},
		{"GET", "/schemas/ids/99/schema", "", 404, "", 40403},
		{"GET", "/schemas/ids/99/versions", "", 404, "", 40403},
		{"GET", "/schemas/ids/99/subjects", "", 404, "", 40403},
		{"GET", "/schemas/ids/one", "", 404, "", 40403},
		{"GET", "/schemas/guids/" + guids[sumOnly], "", 200, `{"schemaType":"JSON","schema":"` + quotedText(sumOnly) + `","guid":"` + guids[sumOnly] + `"}`, 0},
		{"GET", "/schemas/guids/" + guids[sumOnly] + "/ids", "", 200, `[{"context":".","id":3}]`, 0},
		{"GET", "/schemas/guids/none", "", 404, "", 40403},
		{"GET", "/schemas/guids/none/ids", "", 404, "", 40403},

		{"GET", "/", "", 200, `{}`, 0},
		{"GET", "/contexts", "", 200, `["."]`, 0},
		{"GET", "/v1/metadata/version", "", 200, `{"version":"salt","commitId":""}`, 0},
		{"GET", "/v1/metadata/id", "", 200, `{"scope":{"path":[],"clusters":{"schema-registry-cluster":"salt"}},"id":""}`, 0},

		{"GET", "/nothing", "", 404, "Not Found", 404},
		{"GET", "/subjects/../config", "", 404, "Not Found", 404},
		{"PATCH", "/subjects", "", 405, "Method Not Allowed", 405},
	}...)
}

// TestFind looks schemas up by meaning.
func TestFind(t *testing.T) {
	t.Parallel()
	steps(t, filled(t), []step{
		{"POST", "/subjects/user.signup", sent(nameOnly), 200, shown("user.signup", 1, 1, nameOnly), 0},
		{"POST", "/subjects/user.signup?normalize=true&deleted=true", sent(nameTitle), 200, shown("user.signup", 1, 1, nameOnly), 0},
		{"POST", "/subjects/rpc.add", sent(nameTitle), 200, shown("rpc.add", 2, 1, nameOnly), 0}, // two mean it: the newest
		{"POST", "/subjects/rpc.add-response", sent(sumOnly), 200, shown("rpc.add-response", 1, 3, sumOnly), 0},
		{"POST", "/subjects/user.signup", sent(sumOnly), 404, "no version", 40403},
		{"POST", "/subjects/nobody", sent(sumOnly), 404, "", 40401},
		{"POST", "/subjects/user.signup", `{"schema":"{}"}`, 422, "send schemaType JSON", 42201},
	}...)
}

func TestContentTypes(t *testing.T) {
	t.Parallel()
	h := confluent.New(registry.NewMemory(), nil)
	for _, test := range []struct {
		accept, contentType string
		status              int
		want                string
	}{
		{"", "application/json", 200, "application/vnd.schemaregistry.v1+json"},
		{"", "", 415, "application/vnd.schemaregistry.v1+json"}, // a web page can send a body without
		{"*/*", "application/json", 200, "application/vnd.schemaregistry.v1+json"},
		{"application/json", "application/json; charset=utf-8", 200, "application/json"},
		{"application/vnd.schemaregistry+json; q=0.9, application/json; q=0.5", "application/vnd.schemaregistry+json", 200, "application/vnd.schemaregistry+json"},
		{"application/vnd.schemaregistry.v1+json, application/json", "application/octet-stream", 200, "application/vnd.schemaregistry.v1+json"},
		{"text/html", "application/json", 406, "application/vnd.schemaregistry.v1+json"},
		{"", "text/plain", 415, "application/vnd.schemaregistry.v1+json"},
	} {
		r := newRequest(t, http.MethodPut, "/mode", `{"mode":"READWRITE"}`)
		r.Header.Set("Content-Type", test.contentType)
		if test.accept != "" {
			r.Header.Set("Accept", test.accept)
		}
		w := answer(h, r)
		if got := w.Header().Get("Content-Type"); w.Code != test.status || got != test.want {
			t.Errorf("accept %q, content type %q: status %d, %s; want %d, %s", test.accept, test.contentType, w.Code, got, test.status, test.want)
		}
	}
}
