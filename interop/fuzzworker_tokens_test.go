package interop_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt"
)

// seenByPython returns what python/fuzz_worker.py says of this JSON text: a
// flat list of typed tokens. An integer literal is exact, everything else that
// is a number is the nearest float64, and above all of them infinite.
func seenByPython(text []byte) (string, error) {
	var out []string
	dec := jsontext.NewDecoder(bytes.NewReader(text))
	for {
		token, err := dec.ReadToken()
		if errors.Is(err, io.EOF) {
			return strings.Join(out, " "), nil
		}
		if err != nil {
			return "", err
		}
		out = append(out, pythonToken(token))
	}
}

func pythonToken(token jsontext.Token) string {
	switch token.Kind() {
	case jsontext.KindString:
		return "s" + hex.EncodeToString([]byte(token.String()))
	case jsontext.KindNumber:
		literal := token.String()
		switch {
		case literal == "-0":
			return "i0"
		case !strings.ContainsAny(literal, ".eE"):
			return "i" + literal
		}
		f, _ := strconv.ParseFloat(literal, 64) // out of range is infinite here too
		return fmt.Sprintf("d%016x", math.Float64bits(f))
	}
	return string(token.Kind()) // n, t, f and the delimiters
}

// whole is what the handler gets of m: the payload and, last, its metadata.
func whole(m *salt.Message) (tokens string, err error) {
	payload, err := seenByPython(m.Body)
	if err != nil {
		return "", err
	}
	quoted := func(s string) string { return "s" + hex.EncodeToString([]byte(s)) }
	var b strings.Builder
	b.WriteString(strings.TrimSuffix(payload, "}"))
	b.WriteString(quoted("_tchu_meta") + " { " + quoted("is_rpc") + " " + strconv.FormatBool(m.RPC)[:1] + " ")
	for _, own := range []struct{ name, value string }{{"version", m.Version}, {"correlation_id", m.CorrelationID}} {
		if own.value != "" {
			b.WriteString(quoted(own.name) + " " + quoted(own.value) + " ")
		}
	}
	for _, name := range slices.Sorted(maps.Keys(m.Trace)) {
		b.WriteString(quoted(name) + " " + quoted(m.Trace[name]) + " ")
	}
	b.WriteString("} }")
	return b.String(), nil
}

func digest(tokens string) string {
	sum := sha256.Sum256([]byte(tokens))
	return hex.EncodeToString(sum[:])
}
