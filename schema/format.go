package schema

import (
	"encoding/base64"
	"net/netip"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A format is a rule for the text of a string.
type format struct {
	expected string
	valid    func([]byte) bool
}

// formats are those that are asserted. All others ("binary", "password",
// "path", …) are annotations, as in the draft.
var formats = map[string]*format{
	"date-time": {"a date and time such as 2026-01-02T03:04:05Z, offset optional", isDateTime},
	"date":      {"a date such as 2026-01-02", isDate},
	"time":      {"a time such as 03:04:05Z, offset optional", isTime},
	"duration":  {"an ISO 8601 duration such as P1DT2H30M", isDuration},

	"uuid":  {"a UUID such as 123e4567-e89b-42d3-a456-426614174000", func(s []byte) bool { return isUUID(s, 0) }},
	"uuid1": uuidVersion('1'),
	"uuid3": uuidVersion('3'),
	"uuid4": uuidVersion('4'),
	"uuid5": uuidVersion('5'),
	"uuid6": uuidVersion('6'),
	"uuid7": uuidVersion('7'),
	"uuid8": uuidVersion('8'),

	"email":    {"an e-mail address", isEmail},
	"hostname": {"a host name", func(s []byte) bool { return isHost(string(s), isASCIILabel) }},
	"uri":      {"an absolute URI", isURI},

	"ipv4":            {"an IPv4 address", func(s []byte) bool { return isAddr(s, 4) }},
	"ipv6":            {"an IPv6 address", func(s []byte) bool { return isAddr(s, 6) }},
	"ipvanyaddress":   {"an IP address", func(s []byte) bool { return isAddr(s, 4) || isAddr(s, 6) }},
	"ipv4network":     {"an IPv4 network such as 10.0.0.0/8", func(s []byte) bool { return isNetwork(s, 4) }},
	"ipv6network":     {"an IPv6 network such as 2001:db8::/32", func(s []byte) bool { return isNetwork(s, 6) }},
	"ipvanynetwork":   {"an IP network such as 10.0.0.0/8", func(s []byte) bool { return isNetwork(s, 4) || isNetwork(s, 6) }},
	"ipv4interface":   {"an IPv4 address, perhaps with a prefix length", func(s []byte) bool { return isInterface(s, 4) }},
	"ipv6interface":   {"an IPv6 address, perhaps with a prefix length", func(s []byte) bool { return isInterface(s, 6) }},
	"ipvanyinterface": {"an IP address, perhaps with a prefix length", func(s []byte) bool { return isInterface(s, 4) || isInterface(s, 6) }},

	"base64":    {"padded standard base64", func(s []byte) bool { return decodes(base64.StdEncoding, s) }},
	"base64url": {"URL-safe base64", func(s []byte) bool { return decodes(base64.URLEncoding, s) || decodes(base64.RawURLEncoding, s) }},
}

func uuidVersion(v byte) *format {
	return &format{"a UUID of version " + string(v), func(s []byte) bool { return isUUID(s, v) }}
}

// isUUID accepts the 36 characters of RFC 9562 in either case; version 0 means
// any, also the nil UUID.
func isUUID(s []byte, version byte) bool {
	if len(s) != 36 {
		return false
	}
	for i, c := range s {
		switch i {
		case 8, 13, 18, 23:
			if c != '-' {
				return false
			}
		default:
			if !isHex(c) {
				return false
			}
		}
	}
	return version == 0 || s[14] == version && strings.IndexByte("89abAB", s[19]) >= 0
}

func isHex(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c && c <= 'f' || 'A' <= c && c <= 'F'
}

// isEmail accepts a dot-atom local part and a host name, both also with
// letters beyond ASCII (RFC 6531) as Pydantic does, but no quoted local part
// and no address literal.
func isEmail(s []byte) bool {
	local, host, ok := strings.Cut(string(s), "@")
	if !ok || local == "" || len(local) > 64 || len(s) > 254 {
		return false
	}
	for atom := range strings.SplitSeq(local, ".") {
		if atom == "" || strings.ContainsFunc(atom, func(r rune) bool { return !isAtom(r) }) {
			return false
		}
	}
	return isHost(host, isLabel)
}

func isAtom(r rune) bool {
	return isLabel(r) || strings.ContainsRune("!#$%&'*+/=?^_`{|}~", r)
}

func isLabel(r rune) bool {
	return isASCIILabel(r) || r >= utf8.RuneSelf && (unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsDigit(r))
}

func isASCIILabel(r rune) bool {
	return r == '-' || '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z'
}

func isHost(s string, allowed func(rune) bool) bool {
	if s == "" || len(s) > 253 {
		return false
	}
	for label := range strings.SplitSeq(s, ".") {
		if label == "" || len(label) > 63 || label[0] == '-' || label[len(label)-1] == '-' ||
			strings.ContainsFunc(label, func(r rune) bool { return !allowed(r) }) {
			return false
		}
	}
	return true
}

// isURI accepts an absolute URI of RFC 3986: a scheme, something behind it, and
// only the characters that a URI may have.
func isURI(b []byte) bool {
	for i, c := range b {
		switch {
		case c == '%':
			if i+2 >= len(b) || !isHex(b[i+1]) || !isHex(b[i+2]) {
				return false
			}
		case c <= ' ' || c >= 0x7f || strings.IndexByte("\"<>\\^`{|}", c) >= 0:
			return false
		}
	}
	u, err := url.Parse(string(b))
	if err != nil || u.Scheme == "" || u.Opaque == "" && u.Host == "" && u.Path == "" {
		return false
	}
	// Brackets belong to an IPv6 host only, and one # begins the fragment.
	rest := strings.Replace(string(b), u.Host, "", 1)
	return !strings.ContainsAny(rest, "[]") && strings.Count(string(b), "#") <= 1
}

func isAddr(s []byte, version int) bool {
	a, err := netip.ParseAddr(string(s))
	return err == nil && isVersion(a, version)
}

func isVersion(a netip.Addr, version int) bool {
	return a.Zone() == "" && a.Is4() == (version == 4)
}

func isInterface(s []byte, version int) bool {
	if isAddr(s, version) {
		return true
	}
	p, err := netip.ParsePrefix(string(s))
	return err == nil && isVersion(p.Addr(), version)
}

// isNetwork is isInterface without bits set behind the prefix.
func isNetwork(s []byte, version int) bool {
	if isAddr(s, version) {
		return true
	}
	p, err := netip.ParsePrefix(string(s))
	return err == nil && isVersion(p.Addr(), version) && p == p.Masked()
}

func decodes(e *base64.Encoding, s []byte) bool {
	_, err := e.Strict().AppendDecode(nil, s)
	return err == nil
}
