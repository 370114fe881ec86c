package salt

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// DefaultVersion is the version of a definition that names none.
const DefaultVersion = "v1"

var versionForm = regexp.MustCompile(`^[vV]?[0-9]{1,9}(\.[0-9]{1,9}){0,7}$`)

// CheckVersion reports what is wrong with a version: up to eight numbers with
// dots between them, usually after a "v". A definition insists on the "v".
func CheckVersion(version string) error {
	if !versionForm.MatchString(version) {
		return fmt.Errorf("version %q is not of the form v1 or v1.2.3", version)
	}
	return nil
}

// CompareVersions orders versions as celery-salt does (PROTOCOL.md, section 7):
// part by part as numbers, missing parts are 0, anything unreadable is 0. So
// v2 < v10, and v2 equals v2.0.0.
func CompareVersions(a, b string) int {
	x, y := versionParts(a), versionParts(b)
	for i := range max(len(x), len(y)) {
		if c := cmp.Compare(part(x, i), part(y, i)); c != 0 {
			return c
		}
	}
	return 0
}

// SortVersions sorts versions in place, oldest first. Versions that compare
// equal ("v2", "v2.0") are ordered by their text, so the order is total.
func SortVersions(versions []string) {
	slices.SortFunc(versions, func(a, b string) int {
		return cmp.Or(CompareVersions(a, b), strings.Compare(a, b))
	})
}

// AcceptsVersion reports whether a handler of version handler takes a message
// of version message: its own and newer, never older. A message without a
// version reaches only the handlers of [LatestVersion], which take everything.
func AcceptsVersion(handler, message string) bool {
	switch {
	case handler == LatestVersion:
		return true
	case message == "":
		return false
	}
	return CompareVersions(message, handler) >= 0
}

func part(parts []int64, i int) int64 {
	if i < len(parts) {
		return parts[i]
	}
	return 0
}

// versionParts reads a version the way Python's int() reads its parts; one bad
// part makes the whole version empty.
func versionParts(version string) []int64 {
	s := strings.TrimLeft(strings.TrimSpace(version), "vV")
	var parts []int64
	for word := range strings.SplitSeq(s, ".") {
		if word == "" {
			continue
		}
		n, ok := pythonInt(word)
		if !ok {
			return nil
		}
		parts = append(parts, n)
	}
	return parts
}

// pythonInt accepts what int(str) accepts of ASCII: surrounding space, a sign,
// single underscores between digits. Beyond 64 bits it saturates, which keeps
// the order.
func pythonInt(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	digits := strings.TrimLeft(s, "+-")
	if len(s)-len(digits) > 1 || digits == "" {
		return 0, false
	}
	for i, c := range []byte(digits) {
		under := c == '_' && i > 0 && i < len(digits)-1 && digits[i-1] != '_'
		if !under && (c < '0' || c > '9') {
			return 0, false
		}
	}
	n, _ := strconv.ParseInt(strings.ReplaceAll(s, "_", ""), 10, 64) // on overflow: the nearest, as wanted
	return n, true
}
