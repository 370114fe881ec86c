package registry

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"regexp"
	"strings"
)

// reserved are names that Windows keeps for devices, with any extension.
var reserved = regexp.MustCompile(`^(con|prn|aux|nul|com[0-9]|lpt[0-9])(\.|$)`)

// maxName keeps a name, with .json and .tmp after it, within 255 bytes.
const maxName = 200

// fileName makes a topic a name that is the same and different from all others
// on every file system: lower-case letters, digits, ".", "_" and "-" stay,
// capitals become "!" and the small letter, as in Go's module cache, everything
// else "%" and hex digits. What would be too long ends in a digest.
func fileName(topic string) string {
	var b strings.Builder
	for i, c := range []byte(topic) {
		switch {
		case 'A' <= c && c <= 'Z':
			b.WriteByte('!')
			b.WriteByte(c - 'A' + 'a')
		case 'a' <= c && c <= 'z', '0' <= c && c <= '9', c == '_',
			(c == '-' || c == '.') && i > 0 && i < len(topic)-1:
			b.WriteByte(c)
		default:
			fmt.Fprintf(&b, "%%%02x", c)
		}
	}
	name := b.String()
	if reserved.MatchString(name) {
		name = fmt.Sprintf("%%%02x%s", name[0], name[1:])
	}
	if len(name) > maxName {
		sum := sha256.Sum256([]byte(topic))
		name = name[:maxName-33] + "~" + hex.EncodeToString(sum[:16])
	}
	return name
}
