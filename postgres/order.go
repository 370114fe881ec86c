package postgres

import "strings"

// orderKey is a version that CheckVersion accepts as the text of an integer
// array whose order in PostgreSQL is that of salt.CompareVersions: trailing
// zeros are left out, because the shorter of two arrays comes first. No version's
// key is the empty array, which is before all.
func orderKey(version string) string {
	words := strings.Split(strings.TrimLeft(version, "vV"), ".")
	for len(words) > 1 && strings.Trim(words[len(words)-1], "0") == "" {
		words = words[:len(words)-1]
	}
	return "{" + strings.Join(words, ",") + "}"
}
