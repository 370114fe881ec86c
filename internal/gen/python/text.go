package python

import (
	"strings"

	"github.com/celerysalt/salt/internal/gen"
)

// formats are Python's types for formats. Of those in sentAsText celery-salt
// sends no values as they are.
var formats = map[string]string{
	"date-time": "datetime", "date": "date", "time": "time", "duration": "timedelta", "email": "EmailStr", "uri": "AnyUrl",
	"uuid": "UUID", "uuid1": "UUID1", "uuid3": "UUID3", "uuid4": "UUID4", "uuid5": "UUID5", "uuid6": "UUID6",
	"uuid7": "UUID7", "uuid8": "UUID8", "binary": "bytes", "base64": "Base64Bytes", "base64url": "Base64UrlBytes",
	"ipv4": "IPv4Address", "ipv6": "IPv6Address", "ipvanyaddress": "IPvAnyAddress",
	"ipv4network": "IPv4Network", "ipv6network": "IPv6Network", "ipvanynetwork": "IPvAnyNetwork",
	"ipv4interface": "IPv4Interface", "ipv6interface": "IPv6Interface", "ipvanyinterface": "IPvAnyInterface",
}

// text is the type of a string.
func (m *module) text(n *gen.Node) (typ, error) {
	if n.Has("contentSchema") {
		return m.jsonText(n)
	}
	format := n.Text("format")
	name := formats[format]
	lengths := n.Has("minLength") || n.Has("maxLength")
	if format == "uri" {
		for _, url := range []struct {
			name string
			says says
		}{
			{"AnyUrl", says{"format": "uri", "minLength": number("1"), "type": "string"}},
			{"HttpUrl", says{"format": "uri", "minLength": number("1"), "maxLength": number("2083"), "type": "string"}},
		} {
			if sameValue(url.says, asserted(n)) {
				return m.sentAsText(url.name, typ{says: url.says, hashable: true}), nil
			}
		}
	}
	var t typ
	switch bytes := format == "binary" || format == "base64" || format == "base64url"; {
	case name == "", n.Has("pattern"), lengths && !bytes:
		if name != "" {
			m.note("%s: Python checks the other rules of this string, but not that it is a %s", n.Place(), format)
		}
		t = typ{code: atom(m.use("str")), plain: true, hashable: true, says: says{"type": "string"}}
	default:
		t = typ{hashable: true, says: says{"type": "string", "format": format}}
		if format == "email" {
			m.note("%s: e-mail addresses need the package email-validator: pip install 'pydantic[email]'", n.Place())
		}
		if name == "timedelta" || name == "AnyUrl" || strings.HasPrefix(name, "IP") {
			if name == "AnyUrl" {
				t.says["minLength"] = number("1") // what Pydantic adds
			}
			t = m.sentAsText(name, t)
		} else {
			t.code = atom(m.use(name))
		}
	}
	t, err := m.constrain(n, t, "minLength", "maxLength")
	if err != nil || !n.Has("pattern") {
		return t, err
	}
	pattern := n.Text("pattern")
	argument := str(pattern)
	own, err := needsRe(pattern)
	switch {
	case err != nil:
		return typ{}, n.Errorf("pattern: %w", err)
	case own:
		argument = call(m.use("re")+".compile", argument)
	}
	t.field = append(t.field, prefixed("pattern=", argument))
	t.says = t.says.with("pattern", pattern)
	return t, nil
}

// sentAsText makes a type's values text when they are sent.
func (m *module) sentAsText(name string, t typ) typ {
	t.code = atom(m.module(name))
	serializer := call(m.module("PlainSerializer"), atom(m.module("to_jsonable_python")), atom("return_type=str"))
	return m.share("_"+name+"AsText", m.moduleAnnotated(t, serializer))
}

// jsonText is a string that holds JSON.
func (m *module) jsonText(n *gen.Node) (typ, error) {
	if err := only(n, "type", "contentSchema"); err != nil {
		return typ{}, err
	}
	if n.Text("contentMediaType") != "application/json" {
		return typ{}, n.Errorf("Pydantic knows contentSchema with contentMediaType application/json only; leave it out")
	}
	inner, err := m.typeOf(n.Sub("contentSchema"), "Content")
	if err != nil {
		return typ{}, err
	}
	// A default is the value, not its text.
	t := typ{code: subscript(m.use("Json"), inner.code), forward: inner.forward, plain: true, says: says{
		"type": "string", "contentMediaType": "application/json", "contentSchema": inner.says,
	}}
	serializer := call(m.use("PlainSerializer"), atom(m.helper("_json_text")), prefixed("return_type=", atom(m.use("str"))))
	return m.annotated(t, serializer), nil
}
