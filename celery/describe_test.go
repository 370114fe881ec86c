package celery

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// A description must agree with the decoders, which other tests hold against
// Python; here it is the outcome and the form that count.
func TestDescribeVectors(t *testing.T) {
	t.Parallel()
	outcomes := make(map[string]int)
	for _, name := range names(t) {
		c := load(t, name)
		d, err := Describe(c.raw)
		if c.Kind == "table" || c.Kind == "topology" || c.Kind == "reply_accept_test" && len(c.Replies) == 0 {
			if err == nil {
				t.Errorf("%s: described as %+v", name, d)
			}
			continue
		}
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		outcomes[d.Outcome]++
		want := []string{OutcomeReply}
		switch c.Kind {
		case "publish":
			want = []string{OutcomeEvent}
			if name == "kombu_is_rpc" || strings.HasPrefix(name, "tchu_broadcast") {
				want = []string{OutcomeRequest} // see Decode on tchu-tchu
			}
		case "rpc_request":
			want = []string{OutcomeRequest}
		case "internal_subtask":
			want = []string{OutcomeIgnored}
		case "accept_test":
			want = []string{OutcomeEvent, OutcomeRequest}
			if name == "accept_rpc_v2_unknown_task" {
				want = []string{OutcomeIgnored}
			}
		}
		switch {
		case refusedPublishes[c.base()] != "", refusedAccepts[name] != "",
			strings.HasSuffix(name, "_no_result"), strings.HasSuffix(name, "_no_status"),
			strings.HasSuffix(name, "_no_content_type_ce_only"), strings.HasSuffix(name, "_no_props_at_all"):
			want = []string{OutcomeRejected}
		}
		if !strings.Contains(strings.Join(want, " "), d.Outcome) {
			t.Errorf("%s: outcome %q, want one of %q", name, d.Outcome, want)
		}
		checkForm(t, name, d)
	}
	want := map[string]int{OutcomeEvent: 74, OutcomeRequest: 57, OutcomeReply: 77, OutcomeIgnored: 3, OutcomeRejected: 26}
	if diff := cmp.Diff(want, outcomes); diff != "" {
		t.Errorf("outcomes (-want +got):\n%s", diff)
	}
}

// checkForm checks which members the JSON of a description has.
func checkForm(t *testing.T, name string, d *Description) {
	t.Helper()
	text, err := json.Marshal(d)
	if err != nil {
		t.Errorf("%s: %v", name, err)
		return
	}
	var got map[string]json.RawMessage
	if err := json.Unmarshal(text, &got); err != nil {
		t.Errorf("%s: %v", name, err)
	}
	var must, never []string
	switch d.Outcome {
	case OutcomeEvent, OutcomeRequest:
		must = []string{"id", "topic", "version", "rpc", "correlation_id", "payload"}
		never = []string{"status", "result", "error_code", "error_message", "reason"}
		if strings.Contains(string(got["payload"]), `"_tchu_meta"`) {
			t.Errorf("%s: payload %s", name, got["payload"])
		}
	case OutcomeReply:
		must, never = []string{"id", "status"}, []string{"topic", "version", "rpc", "payload", "reason"}
		if _, ok := got["result"]; ok == (got["error_code"] != nil || got["error_message"] != nil) {
			t.Errorf("%s: not either a result or an error: %s", name, text)
		}
	default:
		must, never = []string{"reason"}, []string{"topic", "version", "rpc", "payload", "status", "result"}
	}
	for _, m := range must {
		if got[m] == nil {
			t.Errorf("%s: no %s in %s", name, m, text)
		}
	}
	for _, m := range never {
		if got[m] != nil {
			t.Errorf("%s: %s in %s", name, m, text)
		}
	}
}

func TestDescribe(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"broadcast_correlation":               `{"outcome":"event","id":"c204261a-c467-4637-b70f-daf3b02d2d88","topic":"cap.any","version":"v1","rpc":false,"correlation_id":"req-42","payload":{"payload":1}}`,
		"kombu_is_rpc":                        `{"outcome":"request","id":"a27056ed-40aa-4bf2-bbce-fcb4a1ea0e78","topic":"rpc.add","version":null,"rpc":true,"correlation_id":null,"payload":{"a":1,"b":2}}`,
		"broadcast_gzip":                      `{"outcome":"event","id":"` + load(t, "broadcast_gzip").Headers["id"].(string) + `","topic":"cap.any","version":null,"rpc":false,"correlation_id":null,"payload":{"payload":"zip me"}}`,
		"rpc_rpc_success_reply":               `{"outcome":"reply","id":"6889edf7-5da8-4af7-8862-0b57f29ae67f","status":"SUCCESS","result":{"result":3.0,"op":"add"}}`,
		"rpc_rpc_result_none_reply":           `{"outcome":"reply","id":"62438b41-a65a-48f2-af12-5e683d390020","status":"SUCCESS","result":null}`,
		"rpc_rpc_rpcerror_schema_reply":       `{"outcome":"reply","id":"726fd827-f592-40c8-adad-f729e1a083ed","status":"SUCCESS","error_code":"UNLUCKY","error_message":"thirteen is unlucky"}`,
		"rpc_rpc_error_dict_reply":            `{"outcome":"reply","id":"201d9a62-e9e4-4e4c-a103-b6d1cd6b62c1","status":"SUCCESS","error_message":"plain dict error"}`,
		"rpc_redis_list_result":               `{"outcome":"reply","id":"f3133f5a-5396-419e-9214-030af647d213","status":"SUCCESS","result":[{"id":1,"name":"item 1"},{"id":2,"name":"item 2"}]}`,
		"rpc_rpc_exception_reply":             `{"outcome":"reply","id":"45b72849-9403-4cd9-be36-9148fad75ba1","status":"SUCCESS","error_code":"handler_error","error_message":"boom é"}`,
		"rpc_rpc_no_handlers_reply":           `{"outcome":"reply","id":"3190a799-700c-478b-aa6c-2a41df908dce","status":"SUCCESS","error_code":"no_handlers","error_message":"no handler for topic \"ver.rpc\""}`,
		"rpc_rpc_dispatcher_raises_reply":     `{"outcome":"reply","id":"959492aa-596d-4f30-95e8-e559e18085c0","status":"FAILURE","error_code":"failure","error_message":"'int' object has no attribute 'strip'"}`,
		"subtask_on_user_created":             `{"outcome":"ignored","id":"a965d0c7-373a-4dd5-bedb-ce0df69a3921:handler_1","reason":"foreign message: task \"celery_salt.user.created.on_user_created\""}`,
		"accept_v2_content_type_text_json":    `{"outcome":"rejected","id":"bea31793-b0c7-4e82-b041-1ae07a493bdc","reason":"content type \"text/json\" is not \"application/json\""}`,
		"reply_accept_redis_no_result":        `{"outcome":"rejected","reason":"reply: result is missing"}`,
		"reply_accept_rpc_result_bare_string": `{"outcome":"reply","id":"c971228e-04b8-4ec4-95f7-5d5a66a4a1f9","status":"SUCCESS","result":"hello"}`,
	} {
		d, err := Describe(load(t, name).raw)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		text, err := json.Marshal(d)
		if err != nil {
			t.Fatal(err)
		}
		if diff := diffJSON(t, []byte(want), text); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	for _, notVector := range []string{``, `[]`, `{}`, `{"body":{"x":1}}`, `{"body":{"__base64__":"%"}}`, `{"body":7}`, `{"properties":{"priority":"x"},"body":""}`} {
		if d, err := Describe([]byte(notVector)); err == nil {
			t.Errorf("%s: described as %+v", notVector, d)
		}
	}
	progress := `{"properties":{"content_type":"application/json"},"headers":{},"body":"{\"task_id\":\"1\",\"status\":\"STARTED\",\"result\":null}"}`
	if d, err := Describe([]byte(progress)); err != nil || d.Outcome != OutcomeReply || d.Status != "STARTED" || d.Result != nil {
		t.Errorf("%+v, error %v", d, err)
	}
}
