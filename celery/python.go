package celery

import (
	"bytes"
	"fmt"
)

// What a celery-salt worker on CPython loses without a word to the sender: its
// dispatcher fails and the message is acknowledged all the same. Such messages
// are never sent. interop's TestFuzzWorkerLimits holds the numbers to a worker.
const (
	// maxID leaves room for ":handler_<n>", which the dispatcher adds for the
	// task of each handler and puts into a short string again.
	maxID = maxShort - len(":handler_12345")

	// maxNesting is far from Python's recursion limit of 1000, of which
	// Celery's own calls take their part.
	maxNesting = 500

	// maxDigits is the longest integer that Python reads.
	maxDigits = 4300
)

// checkBearable returns an error if the JSON text, known to be valid, is more
// than Python bears. What is short, as nearly everything is, cannot be.
func checkBearable(text []byte) error {
	if len(text) <= maxNesting {
		return nil
	}
	depth, quoted := 0, false
	for i := 0; i < len(text); i++ {
		c := text[i]
		if quoted {
			switch c {
			case '\\':
				i++
			case '"':
				quoted = false
			}
			continue
		}
		switch {
		case c == '"':
			quoted = true
		case c == '{' || c == '[':
			if depth++; depth > maxNesting {
				return fmt.Errorf("nested deeper than the %d levels that are safe for Python", maxNesting)
			}
		case c == '}' || c == ']':
			depth--
		case '0' <= c && c <= '9':
			rest := text[i:]
			number := rest[:len(rest)-len(bytes.TrimLeft(rest, "0123456789.eE+-"))]
			if len(number) > maxDigits && !bytes.ContainsAny(number, ".eE") {
				return fmt.Errorf("an integer has %d digits, Python reads %d; send it as a string", len(number), maxDigits)
			}
			i += len(number) - 1
		}
	}
	return nil
}
