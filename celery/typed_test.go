package celery

import "testing"

// As kombu 5.7 writes the result of a handler without a response model.
func TestTypedValuesOfKombu(t *testing.T) {
	t.Parallel()
	for result, want := range map[string]string{
		`{"at": {"__type__": "datetime", "__value__": "2026-11-23T10:20:30+00:00"}, "n": 1.50}`:            `{"at": "2026-11-23T10:20:30+00:00", "n": 1.50}`,
		`[{"__type__": "decimal", "__value__": "12.50"}, {"__type__": "date", "__value__": "2026-11-23"}]`: `["12.50", "2026-11-23"]`,
		`{"__type__": "uuid", "__value__": {"hex": "8b6f1f5e6f0b4a559a835d1f2f0c9f11"}}`:                   `"8b6f1f5e-6f0b-4a55-9a83-5d1f2f0c9f11"`,
		`{"deep": {"a": [{"__type__": "time", "__value__": "10:20:30"}, {}, [], null, "__type__"]}}`:       `{"deep": {"a": ["10:20:30", {}, [], null, "__type__"]}}`,
		`{"__type__": "bytes", "__value__": "ü\u0000"}`:                                                    `"ü\u0000"`,
		// what only looks like one
		`{"__type__": "order", "__value__": "x"}`:              `{"__type__": "order", "__value__": "x"}`,
		`{"__type__": "date", "__value__": "x", "more": true}`: `{"__type__": "date", "__value__": "x", "more": true}`,
		`{"__type__": "date", "__value__": 7}`:                 `{"__type__": "date", "__value__": 7}`,
		`{"__type__": "uuid", "__value__": {"hex": "short"}}`:  `{"__type__": "uuid", "__value__": {"hex": "short"}}`,
		`{"__type__": "uuid", "__value__": "text"}`:            `{"__type__": "uuid", "__value__": "text"}`,
		`{"__type__": "date"}`:                                 `{"__type__": "date"}`,
		`{"n": 1e400, "m": 9007199254740993}`:                  `{"n": 1e400, "m": 9007199254740993}`,
	} {
		value := `{"task_id": "1", "status": "SUCCESS", "result": {"results": [{"status": "success", "result": ` + result + `}]}}`
		r, err := DecodeResult([]byte(value))
		if err != nil || string(r.Body) != want {
			t.Errorf("%s is read as %s, %v; want %s", result, r.Body, err, want)
		}
	}
	r, err := DecodeResult([]byte(`{"task_id": "1", "status": "SUCCESS", "result": [{"__type__": "decimal", "__value__": "1.0"}]}`))
	if err != nil || string(r.Body) != `["1.0"]` {
		t.Errorf("a bare result is read as %s, %v", r.Body, err)
	}
}
