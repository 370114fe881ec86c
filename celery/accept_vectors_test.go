package celery

import (
	"encoding/json"
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

// What Salt refuses of the hand-crafted messages: the reason it gives. A Python
// worker ran a handler for none of them, which the test checks.
var refusedAccepts = map[string]string{
	"accept_v1_no_properties":                       `content type "" is not`,
	"accept_v2_no_content_type":                     `content type "" is not`,
	"accept_v2_no_properties_at_all":                `content type "" is not`,
	"accept_v2_content_type_text_json":              `content type "text/json" is not`,
	"accept_v2_content_type_with_charset_param":     `content type "application/json; charset=utf-8" is not`,
	"accept_v2_body_invalid_json":                   "body: not valid JSON",
	"accept_v2_body_not_a_list_object_without_args": "the message body is missing",
	"accept_v2_embed_missing_2_element_body":        "an array of 2 where 3 elements",
	"accept_v2_args_0_not_json":                     "payload: not valid JSON",
	"accept_v2_eta_garbage":                         "header eta is neither",
	"accept_v2_no_id_header":                        "header id is missing",
	"accept_v2_no_task_header_id_only":              "no task",
	"accept_v2_tchu_meta_null":                      "_tchu_meta is null, not an object",
	"accept_v2_unknown_extra_kwarg":                 "keyword argument",
}

// Messages that Salt decodes although no Python worker ran a handler for them.
var acceptedMore = map[string]string{
	"accept_v2_unknown_task_name":                           "tchu-tchu's task name, which Salt speaks as well",
	"accept_v2_expires_past_z":                              "expired: the bus drops it, by Expires",
	"accept_v2_payload_missing_required_field_user_created": "invalid: the bus refuses it, by the schema",
	"accept_rpc_v2_ignore_result_true":                      "the handler ran, only its result was not wanted",
}

func TestDecodeAccepted(t *testing.T) {
	t.Parallel()
	for _, c := range captures(t, "accept_test") {
		t.Run(c.Name, func(t *testing.T) {
			t.Parallel()
			ran := false
			for _, v := range c.Verdicts {
				ran = ran || v.Ran || strings.HasPrefix(c.Name, "accept_rpc") && v.Status == "SUCCESS"
			}
			m, err := Decode(mustEnvelope(t, c), Limits{})
			reason, refuse := refusedAccepts[c.Name]
			switch {
			case c.Name == "accept_rpc_v2_unknown_task":
				if !errors.Is(err, ErrForeign) {
					t.Errorf("error %v, want ErrForeign", err)
				}
				return
			case refuse:
				if ran {
					t.Errorf("refused here, but a Python worker ran a handler")
				}
				if bad, ok := errors.AsType[*RejectError](err); !ok || !strings.Contains(bad.Reason, reason) {
					t.Errorf("error %v, want a RejectError about %q", err, reason)
				}
				return
			case err != nil:
				t.Fatal(err)
			case !ran && acceptedMore[c.Name] == "":
				t.Error("decoded here, but no Python worker ran a handler; name the reason in acceptedMore")
			}
			checkAgainstVerdicts(t, c, m)
		})
	}
	for _, name := range slices.Concat(slices.Collect(maps.Keys(refusedAccepts)), slices.Collect(maps.Keys(acceptedMore))) {
		if !slices.Contains(names(t), name) {
			t.Errorf("there is no vector %q", name)
		}
	}
}

// checkAgainstVerdicts compares what Salt understood with what the Python
// workers did.
func checkAgainstVerdicts(t *testing.T, c *capture, m *salt.Message) {
	t.Helper()
	if id, ok := c.Headers["id"].(string); ok && m.ID != id {
		t.Errorf("id %q, want %q", m.ID, id)
	}
	if m.Version != "" || m.CorrelationID != "" {
		t.Errorf("version %q, correlation id %q: there are none", m.Version, m.CorrelationID)
	}
	for name, v := range c.Verdicts {
		var result struct {
			RoutingKey string `json:"routing_key"`
			RPC        *bool  `json:"is_rpc"`
			Results    []struct {
				Result struct {
					Result *float64 `json:"result"`
				} `json:"result"`
			} `json:"results"`
		}
		if v.Status != "SUCCESS" {
			continue
		}
		if err := json.Unmarshal(v.Result, &result); err != nil {
			t.Fatal(err)
		}
		if m.Topic != result.RoutingKey {
			t.Errorf("%s: topic %q, Python saw %q", name, m.Topic, result.RoutingKey)
		}
		if rpc := result.RPC != nil && *result.RPC; m.RPC != rpc {
			t.Errorf("%s: RPC %t, Python saw %t", name, m.RPC, rpc)
		}
		if sum := result.Results[0].Result.Result; sum != nil {
			var add struct{ A, B float64 }
			if err := json.Unmarshal(m.Body, &add); err != nil || add.A+add.B != *sum {
				t.Errorf("%s: body %s (%v), Python computed %v", name, m.Body, err, *sum)
			}
		}
	}
	// The crafted messages carry a mark of their own in the payload or, like
	// rpc.add's, were checked by the sum. The payload ends before _tchu_meta.
	text := strings.ReplaceAll(c.Body.String(), `\`, "")
	mark, _, _ := strings.Cut(strings.Trim(string(m.Body), "{}"), `\`)
	if !strings.Contains(text, mark) || strings.Contains(string(m.Body), metaName) {
		t.Errorf("payload %s is not that of %s", m.Body, text)
	}
	if !json.Valid(m.Body) || string(m.Body) == "{}" {
		t.Errorf("payload %s", m.Body)
	}
}

// The details that a vector is about and that no verdict shows.
func TestDecodeAcceptedDetails(t *testing.T) {
	t.Parallel()
	day := time.Date(2024, 1, 1, 0, 0, 0, 0, time.UTC)
	tests := map[string]func(m *salt.Message) bool{
		"accept_v2_eta_micros_00_00":  func(m *salt.Message) bool { return m.NotBefore.Equal(day.Add(123456 * time.Microsecond)) },
		"accept_v2_eta_nanoseconds_z": func(m *salt.Message) bool { return m.NotBefore.Equal(day.Add(123456 * time.Microsecond)) },
		"accept_v2_eta_naive":         func(m *salt.Message) bool { return m.NotBefore.Equal(day) },
		"accept_v2_eta_past_z":        func(m *salt.Message) bool { return m.NotBefore.Equal(day) },
		"accept_v2_expires_past_z":    func(m *salt.Message) bool { return m.Expires.Equal(day) },
		"accept_v2_expires_future_nanos_z": func(m *salt.Message) bool {
			return m.Expires.Equal(day.AddDate(10, 0, 0).Add(123456 * time.Microsecond))
		},
		"accept_v2_amqp_timestamp_header_type": func(m *salt.Message) bool { return m.Expires.Equal(day.AddDate(10, 0, 0)) },
		"accept_v2_no_tchu_meta":               func(m *salt.Message) bool { return m.RPC },
		"accept_rpc_v2_without_tchu_meta":      func(m *salt.Message) bool { return m.RPC && m.ReplyTo != "" },
		"accept_v2_unknown_task_name":          func(m *salt.Message) bool { return m.Dialect == salt.TchuTchu && !m.RPC },
		"accept_v2_tchu_meta_extra_keys_traceparent": func(m *salt.Message) bool {
			return len(m.Trace) == 1 && m.Trace["traceparent"] == "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
		},
		"accept_v1_unrelated_headers_present": func(m *salt.Message) bool { return len(m.Header) == 1 && m.Header["x-a"] == "b" },
		"accept_rpc_v2_via_default_exchange_straight_to_the_queue": func(m *salt.Message) bool {
			return m.Exchange == "" && m.RoutingKey == "" && m.Topic == "rpc.add"
		},
		"accept_rpc_v2_minimal_reply_to_correlation_id": func(m *salt.Message) bool {
			return strings.HasPrefix(m.ReplyTo, "<capture reply queue>") && m.RPC
		},
		"accept_v2_raw_utf_8_in_body_not_u_escaped": func(m *salt.Message) bool { return strings.HasSuffix(string(m.Body), ` ☃ 日本"}`) },
	}
	for name, holds := range tests {
		m, err := Decode(mustEnvelope(t, load(t, name)), Limits{})
		if err != nil || !holds(m) {
			t.Errorf("%s: %+v, error %v", name, m, err)
		}
	}
}
