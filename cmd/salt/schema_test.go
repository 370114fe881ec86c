package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

const userSchema = `{"type":"object","required":["id","email"],"properties":{
	"id":{"type":"integer","minimum":1},"email":{"type":"string","format":"email"},"tags":{"type":"array","items":{"type":"string"}}}}`

func TestSchemaValidate(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	write := func(name, text string) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	file, good := write("user.schema.json", userSchema), write("good.json", `{"id":7,"email":"ann@example.com"}`)
	bad := `{"id":0,"tags":["a",7]}`
	for _, tt := range []struct {
		args  []string
		stdin string
		code  int
		want  []string // beginnings of the lines of stdout
	}{
		{[]string{good}, "", exitOK, []string{"valid"}},
		{[]string{`{"id":7,"email":"a@b.example"}`}, "", exitOK, []string{"valid"}},
		{nil, `{"id":7,"email":"a@b.example"}`, exitOK, []string{"valid"}},
		{[]string{"-"}, bad, exitFailed, []string{"/email: required: ", "/id: minimum: ", "/tags/1: type: "}},
		{[]string{write("bad.json", bad)}, "", exitFailed, []string{"/email: required: ", "/id: minimum: ", "/tags/1: type: "}},
		{[]string{"7"}, "", exitFailed, []string{"(root): type: "}},
		{[]string{"-"}, "not JSON", exitFailed, []string{"(root): syntax: "}},
		{[]string{"-"}, "", exitFailed, []string{"(root): syntax: "}},
		{[]string{"--json", `{"id":7,"email":"a@b.example"}`}, "", exitOK, []string{`{"valid":true,"errors":[]}`}},
		{[]string{"--json", `{"id":7}`}, "", exitFailed, []string{`{"valid":false,"errors":[{"pointer":"/email","rule":"required",`}},
	} {
		c := cli{stdin: strings.NewReader(tt.stdin)}
		code, out, err := c.run(t, append([]string{"schema", "validate", "--schema", file}, tt.args...)...)
		lines := strings.Split(strings.TrimSuffix(out, "\n"), "\n")
		ok := code == tt.code && err == "" && len(lines) == len(tt.want)
		for i := range min(len(lines), len(tt.want)) {
			ok = ok && strings.HasPrefix(lines[i], tt.want[i])
		}
		if !ok {
			t.Errorf("salt schema validate %q <%q: exit %d, want %d\nstdout:\n%swant:\n%q\nstderr: %s", tt.args, tt.stdin, code, tt.code, out, tt.want, err)
		}
	}
	c := cli{stdin: strings.NewReader(userSchema)}
	if out := c.must(t, "schema", "validate", "--schema", "-", good); out != "valid\n" {
		t.Errorf("schema on stdin: %s", out)
	}
}
