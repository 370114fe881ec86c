package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// events is a run in the form go test writes it: one package good, with a
// skip; one bad, with a test that never ended; one that does not compile.
const events = `{"Action":"start","Package":"a"}
{"Action":"run","Package":"a","Test":"TestGood"}
{"Action":"output","Package":"a","Test":"TestGood","Output":"=== RUN   TestGood\n"}
{"Action":"output","Package":"a","Test":"TestGood","Output":"    chatter\n"}
{"Action":"pass","Package":"a","Test":"TestGood","Elapsed":0}
{"Action":"output","Package":"a","Test":"TestServer","Output":"=== RUN   TestServer\n"}
{"Action":"output","Package":"a","Test":"TestServer","Output":"    x_test.go:9: SALT_TEST_AMQP_URL is not set\n"}
{"Action":"output","Package":"a","Test":"TestServer","Output":"--- SKIP: TestServer (0.00s)\n"}
{"Action":"skip","Package":"a","Test":"TestServer","Elapsed":0}
{"Action":"output","Package":"a","Output":"PASS\n"}
{"Action":"output","Package":"a","Output":"ok  \ta\t0.1s\n"}
{"Action":"pass","Package":"a","Elapsed":0.1}
{"Action":"output","Package":"b","Test":"TestBad","Output":"    bad news\n"}
{"Action":"fail","Package":"b","Test":"TestBad","Elapsed":0}
{"Action":"output","Package":"b","Test":"TestHangs","Output":"    last words\n"}
{"Action":"output","Package":"b","Output":"panic: test timed out\n"}
{"Action":"output","Package":"b","Output":"FAIL\tb\t9.0s\n"}
{"Action":"fail","Package":"b","Elapsed":9}
{"ImportPath":"c","Action":"build-output","Output":"c.go:1:1: no good\n"}
{"Action":"output","Package":"c","Output":"FAIL\tc [build failed]\n"}
{"Action":"fail","Package":"c","Elapsed":0}
{"Action":"output","Package":"d","Output":"?   \td\t[no test files]\n"}
{"Action":"skip","Package":"d","Elapsed":0}
a line that is no event
`

func TestSummarize(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	s, err := summarize(strings.NewReader(events), &out)
	if err != nil {
		t.Fatal(err)
	}
	s.print(&out, true)
	const want = "ok  \ta\t0.1s\n" +
		"    bad news\n" +
		"FAIL\tb\t9.0s\n" +
		"    last words\n" +
		"panic: test timed out\n" +
		"c.go:1:1: no good\n" +
		"FAIL\tc [build failed]\n" +
		"?   \td\t[no test files]\n" +
		"a line that is no event\n" +
		`
== tests: 1 passed, 2 failed, 1 SKIPPED, in 3 packages
   FAILED  b TestBad
   FAILED  b TestHangs
   FAILED  b
   FAILED  c
   SKIPPED a TestServer: x_test.go:9: SALT_TEST_AMQP_URL is not set
   SALT_REQUIRE_ALL=1: a skip is a failure
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
	if s.ok(false) {
		t.Error("a run with failures is ok")
	}
}

func TestOK(t *testing.T) {
	t.Parallel()
	skipped := &summary{packages: 1, passed: 1, skipped: []skip{{reason: "no broker"}}}
	tests := []struct {
		name       string
		s          *summary
		requireAll bool
		want       bool
	}{
		{"all passed", &summary{packages: 1, passed: 1}, true, true},
		{"a skip is tolerated", skipped, false, true},
		{"a skip is not tolerated", skipped, true, false},
		{"nothing ran", &summary{}, false, false},
		{"a package failed", &summary{packages: 1, failed: []test{{pkg: "a"}}}, false, false},
	}
	for _, tt := range tests {
		if got := tt.s.ok(tt.requireAll); got != tt.want {
			t.Errorf("%s: ok is %t", tt.name, got)
		}
	}
}
