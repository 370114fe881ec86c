// Command testsummary reads the events of `go test -json` from standard input
// and prints what people want of them: go test's own closing line of every
// package, the output of what failed, and at the end how many passed, failed
// and were skipped, with the reason of every skip. It exits 1 after a failure,
// and with SALT_REQUIRE_ALL=1 after a skip, so that a test which silently did
// not run cannot pass for one that did.
package main

import (
	"fmt"
	"os"
)

func main() {
	s, err := summarize(os.Stdin, os.Stdout)
	if err != nil {
		fmt.Fprintln(os.Stderr, "testsummary:", err)
		os.Exit(2)
	}
	requireAll := os.Getenv("SALT_REQUIRE_ALL") == "1"
	s.print(os.Stdout, requireAll)
	if !s.ok(requireAll) {
		os.Exit(1)
	}
}
