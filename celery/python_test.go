package celery

import (
	"strings"
	"testing"

	"github.com/celerysalt/salt"
)

func TestEncodeRefusesWhatPythonLoses(t *testing.T) {
	t.Parallel()
	nested := func(n int) string { return strings.Repeat("[", n) + strings.Repeat("]", n) }
	digits := func(n int) string { return strings.Repeat("7", n) }
	filler := strings.Repeat(`[{\"`, maxNesting)
	tests := map[string]struct {
		id, body, header string
		want             string // part of the error
	}{
		"longest id":              {id: strings.Repeat("i", maxID)},
		"longer id":               {id: strings.Repeat("i", maxID+1), want: "id of 242 bytes"},
		"deepest":                 {body: `{"a": ` + nested(maxNesting-1) + `}`},
		"deeper":                  {body: `{"a": ` + nested(maxNesting) + `}`, want: "nested deeper than the 500 levels"},
		"deeper, after a string":  {body: `{"a": "` + filler + `", "b": ` + nested(maxNesting) + `}`, want: "nested deeper"},
		"brackets in a string":    {body: `{"a": "` + filler + `"}`},
		"brackets side by side":   {body: `{"a": [` + strings.Repeat("[], ", maxNesting) + `{}]}`},
		"longest integer":         {body: `{"a": ` + digits(maxDigits) + `}`},
		"longer integer":          {body: `{"a": ` + digits(maxDigits+1) + `}`, want: "an integer has 4301 digits"},
		"longer, negative":        {body: `{"a": [-` + digits(maxDigits+1) + `]}`, want: "an integer has 4301 digits"},
		"many digits, a float":    {body: `{"a": ` + digits(maxDigits+1) + `.5, "b": ` + digits(maxDigits+1) + `e1}`},
		"fraction of digits":      {body: `{"a": 0.` + digits(maxDigits+1) + `, "b": ` + nested(maxNesting) + `}`, want: "nested deeper"},
		"digits in a string":      {body: `{"a": "` + digits(maxDigits+1) + `"}`},
		"children of the request": {header: "_children", want: "reserved"},
		"method of the request":   {header: "_get_custom_headers", want: "reserved"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for protocol, encode := range map[string]func(*salt.Message) (*Envelope, error){"1": EncodeProtocol1, "2": Encode} {
				m := &salt.Message{ID: "1", Topic: "a.b", Body: []byte(`{}`)}
				if tt.id != "" {
					m.ID = tt.id
				}
				if tt.body != "" {
					m.Body = []byte(tt.body)
				}
				if tt.header != "" {
					m.Header = map[string]string{tt.header: "x"}
				}
				switch _, err := encode(m); {
				case tt.want == "" && err != nil:
					t.Errorf("protocol %s: %v", protocol, err)
				case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
					t.Errorf("protocol %s: error %v, want one with %q", protocol, err, tt.want)
				}
			}
		})
	}
}
