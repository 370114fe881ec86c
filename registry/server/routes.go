package server

import "net/http"

// A route is one operation of the API: the mux and the OpenAPI document are
// both made of this table.
type route struct {
	method, path string
	id, summary  string

	body   string // the component of the request's body, "" for none
	answer string // the component of the answer, "" for 204
	list   bool   // the answer is an array of it
	lines  string // the component of each line, where the answer is a stream
	query  []parameter

	write  bool // needs a token that may write
	public bool // needs no token

	serve func(*server, http.ResponseWriter, *http.Request) error
}

// A parameter is one of a path or a query.
type parameter struct{ name, about string }

func routes() []route {
	topic := []parameter{{"topic", "Only this topic."}}
	effective := []parameter{{"effective", "With true, the policy that holds, defaults filled in, instead of what was set."}}
	return []route{
		{method: "GET", path: "/v1/health", id: "health", summary: "Ask whether the registry and its store work.",
			answer: "Health", public: true, serve: (*server).health},
		{method: "POST", path: "/v1/register", id: "register", write: true, body: "Specs", answer: "Results", serve: (*server).register,
			summary: "Register specs, all or none. What is there with an equal schema is left alone, so repeating it is safe. With the header Prefer: return=minimal the results are empty, which is faster."},
		{method: "POST", path: "/v1/check", id: "check", body: "Specs", answer: "Verdicts", serve: (*server).check,
			summary: "Say what registering would do, without doing it; each spec as if those before it were registered. Of a verdict's checks the first 20 that break are told."},
		{method: "GET", path: "/v1/records", id: "records", lines: "Record", query: topic, serve: (*server).records,
			summary: "List everything registered, by topic and then by version order, as JSON lines."},
		{method: "GET", path: "/v1/topics", id: "topics", answer: "Topic", list: true, serve: (*server).topics,
			query: []parameter{{"prefix", "Only topics that begin so."}}, summary: "List topics with their versions and rules."},
		{method: "GET", path: "/v1/topics/{topic}/versions/{version}", id: "version", answer: "Record", serve: (*server).version,
			summary: "Get one version; latest is the highest by version order."},
		{method: "GET", path: "/v1/schemas/{id}", id: "schema", answer: "Schema", serve: (*server).schema,
			summary: "Get the schema with an id of a record."},
		{method: "GET", path: "/v1/policy", id: "policy", answer: "Policy", query: effective, serve: (*server).policy,
			summary: "Get the policy of the whole registry."},
		{method: "PUT", path: "/v1/policy", id: "setPolicy", write: true, body: "Policy", answer: "Policy", serve: (*server).setPolicy,
			summary: "Replace the policy of the whole registry."},
		{method: "GET", path: "/v1/topics/{topic}/policy", id: "topicPolicy", answer: "Policy", query: effective, serve: (*server).policy,
			summary: "Get the policy of a topic, as it was set."},
		{method: "PUT", path: "/v1/topics/{topic}/policy", id: "setTopicPolicy", write: true, body: "Policy", answer: "Policy", serve: (*server).setPolicy,
			summary: "Replace the policy of a topic, which need not have versions yet. Empty fields are inherited."},
		{method: "PUT", path: "/v1/topics/{topic}/versions/{version}/deprecation", id: "deprecate", write: true, body: "Note", serve: (*server).deprecate,
			summary: "Mark a version as deprecated, with a note for its users."},
		{method: "DELETE", path: "/v1/topics/{topic}/versions/{version}/deprecation", id: "restore", write: true, serve: (*server).deprecate,
			summary: "Lift the mark."},
		{method: "POST", path: "/v1/seen", id: "see", write: true, body: "Participants", serve: (*server).see,
			summary: "Report who uses which topic now. Participants of topics that the token does not cover are left out; 403 if that is all of them."},
		{method: "GET", path: "/v1/participants", id: "participants", lines: "Participant", query: topic, serve: (*server).participants,
			summary: "List who was seen, as JSON lines."},
		{method: "GET", path: "/v1/history", id: "history", lines: "Change", query: topic, serve: (*server).history,
			summary: "List every change, oldest first, as JSON lines."},
		{method: "GET", path: "/openapi.json", id: "openapi", answer: "Document", public: true, serve: (*server).document,
			summary: "Get this document."},
	}
}
