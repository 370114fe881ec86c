package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

const vectorDir = "../../testdata/wire/vectors"

// TestWireDecodeVectors runs the command on every captured message: exit code 0
// with one JSON object of the promised members; the tables and the topology are
// no messages and are refused. What each message means, package celery tests.
func TestWireDecodeVectors(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob(vectorDir + "/*.json")
	if err != nil || len(files) < 240 {
		t.Fatalf("%d vectors: %v", len(files), err)
	}
	members := map[string][]string{
		"event":    {"correlation_id", "id", "outcome", "payload", "rpc", "topic", "version"},
		"request":  {"correlation_id", "id", "outcome", "payload", "rpc", "topic", "version"},
		"reply":    {"error_code", "error_message", "id", "outcome", "result", "status"},
		"ignored":  {"id", "outcome", "reason"},
		"rejected": {"id", "outcome", "reason"},
	}
	possible := map[string][]string{
		"publish":           {"event", "request", "rejected"}, // tchu-tchu does not tell requests; NaN is no JSON
		"rpc_request":       {"request"},
		"rpc_reply":         {"reply"},
		"redis_result":      {"reply"},
		"internal_subtask":  {"ignored"},
		"accept_test":       {"event", "request", "ignored", "rejected"},
		"reply_accept_test": {"reply", "rejected"},
	}
	outcomes := map[string]int{}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var v struct {
			Kind        string            `json:"kind"`
			RepliesSent []json.RawMessage `json:"replies_sent"`
		}
		if err := json.Unmarshal(text, &v); err != nil {
			t.Fatal(err)
		}
		code, out, stderr := cli{}.run(t, "wire", "decode", file)
		want, message := possible[v.Kind]
		if !message || v.Kind == "reply_accept_test" && len(v.RepliesSent) == 0 {
			if code != exitMisuse || out != "" || !strings.Contains(stderr, "salt: read vector: ") {
				t.Errorf("%s: exit %d, %q, %q", file, code, out, stderr)
			}
			continue
		}
		got := map[string]json.RawMessage{}
		if err := json.Unmarshal([]byte(out), &got); code != exitOK || stderr != "" || err != nil || strings.Count(out, "\n") != 1 {
			t.Errorf("%s: exit %d, %v, %q, %q", file, code, err, out, stderr)
			continue
		}
		outcome := strings.Trim(string(got["outcome"]), `"`)
		outcomes[outcome]++
		if strings.Contains(file, "dispatcher_raises") && v.Kind == "rpc_request" {
			want = []string{"rejected"} // its version is a number, by which also Python's dispatcher fails
		}
		if !slices.Contains(want, outcome) {
			t.Errorf("%s: %s is %s, want one of %q", file, v.Kind, outcome, want)
		}
		for member := range got {
			if !slices.Contains(members[outcome], member) {
				t.Errorf("%s: an outcome %s has a member %s", file, outcome, member)
			}
		}
	}
	for outcome := range members {
		if outcomes[outcome] == 0 {
			t.Errorf("no vector has the outcome %s: %v", outcome, outcomes)
		}
	}
}

func TestWireDecodeStdin(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile(vectorDir + "/broadcast_correlation.json")
	if err != nil {
		t.Fatal(err)
	}
	const want = `{"outcome":"event","id":"c204261a-c467-4637-b70f-daf3b02d2d88","topic":"cap.any","version":"v1","rpc":false,"correlation_id":"req-42","payload":{"payload": 1}}`
	for _, args := range [][]string{{"wire", "decode"}, {"wire", "decode", "-"}, {"wire", "decode", "--json", "-"}} {
		out := cli{stdin: strings.NewReader(string(text))}.must(t, args...)
		if strings.ReplaceAll(out, " ", "") != strings.ReplaceAll(want, " ", "")+"\n" {
			t.Errorf("salt %q: %s", args, out)
		}
	}
}
