package salt

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"path"
	"reflect"
	"slices"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"github.com/celerysalt/salt/schema"
)

// The members by which Python tells an error from a response (PROTOCOL.md,
// section 6.6). Both keys count, so neither may be in a response.
var errorKeys = []string{"error_code", "error_message"}

// object is the part of a schema document that the checks of Define read.
type object struct {
	Type       string                    `json:"type"`
	Properties map[string]jsontext.Value `json:"properties"`
	Required   []string                  `json:"required"`
	Ref        string                    `json:"$ref"`
	Defs       map[string]object         `json:"$defs"`
}

// objectOf reads the root; that of a recursive type is a reference to itself.
func objectOf(t *schema.Type) object {
	var o object
	_ = json.Unmarshal(t.Schema().JSON(), &o) // our own document; an array root leaves it empty, as wanted
	if name, ok := strings.CutPrefix(o.Ref, "#/$defs/"); ok {
		return o.Defs[name]
	}
	return o
}

// checkPayload: celery-salt mixes _tchu_meta into the payload, so it must be an
// object, and must not have that member itself.
func checkPayload(t reflect.Type, st *schema.Type) error {
	o := objectOf(st)
	if o.Type != "object" {
		return fmt.Errorf("%s is no JSON object; wrap it in a struct (only a response may be a bare list)", t)
	}
	if _, ok := o.Properties["_tchu_meta"]; ok {
		return errors.New("member _tchu_meta belongs to the protocol; give it another JSON name")
	}
	return checkMarshals(t, st, o)
}

// checkMarshals catches a MarshalJSON that an embedded type promotes: the outer
// type's own members would vanish from the wire.
func checkMarshals(t reflect.Type, st *schema.Type, o object) error {
	body, err := st.Marshal(reflect.New(t).Interface())
	if err != nil {
		return nil //nolint:nilerr // a zero value may be invalid (a nil union), which publishing will tell
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(body, &members); err != nil {
		return fmt.Errorf("%s marshals to something else than an object: a MarshalJSON it declares or inherits does not fit its schema", t)
	}
	for _, name := range o.Required {
		if _, ok := members[name]; !ok {
			return fmt.Errorf("member %q is missing from the JSON of %s: an embedded type's MarshalJSON hides it, or omitempty contradicts required", name, t)
		}
	}
	return nil
}

func checkResponse(t reflect.Type, st *schema.Type) error {
	for _, key := range errorKeys {
		if _, ok := objectOf(st).Properties[key]; ok {
			return fmt.Errorf("response %s has the member %q, by which callers recognise an error; rename it", t, key)
		}
	}
	return nil
}

func checkFault(t reflect.Type, st *schema.Type) error {
	body, err := st.Marshal(reflect.New(t).Interface())
	if err == nil && !isAuthoredError(body) { // what is always written, whatever its schema says of readers
		return fmt.Errorf("error %s needs a member error_code or error_message that is always written, by which callers recognise an error", t)
	}
	return err
}

// checkHooks refuses hooks that would never be called: one that a plain payload
// has, and that of the other mode. By interface and not by name, because the
// linker keeps every method of a program that asks for methods by name.
func checkHooks(t reflect.Type, s shape) error {
	has := map[Mode]bool{
		ModeEvent: reflect.PointerTo(t).Implements(reflect.TypeFor[interface {
			OnPublish(ctx context.Context, next func(context.Context) error) error
		}]()),
		ModeRPC: reflect.PointerTo(t).Implements(reflect.TypeFor[interface {
			OnCall(ctx context.Context, next func(context.Context) error) error
		}]()),
	}
	names := map[Mode]string{ModeEvent: "OnPublish", ModeRPC: "OnCall"}
	other := map[Mode]Mode{ModeEvent: ModeRPC, ModeRPC: ModeEvent}[s.mode]
	switch {
	case has[s.mode] && s.simple:
		return fmt.Errorf("its hook %s would never be called; hooks belong to the class style, see salt.Define", names[s.mode])
	case has[other]:
		return fmt.Errorf("its hook %s would never be called; that of this kind is %s", names[other], names[s.mode])
	}
	return nil
}

// checkDefinedVersion is stricter than [CheckVersion]: "2" and "V2" are the
// same version as "v2" to every handler, so only one spelling may define it.
func checkDefinedVersion(version string) error {
	if err := CheckVersion(version); err != nil {
		return err
	}
	if version[0] != 'v' {
		return fmt.Errorf("version %q must begin with v: v%s", version, strings.TrimLeft(version, "vV"))
	}
	return nil
}

func checkExchange(name string) error {
	if name == "" || len(name) > maxKey {
		return fmt.Errorf("exchange name must have 1 to %d bytes, has %d", maxKey, len(name))
	}
	return nil
}

// checkDialect lets zero pass, which leaves the choice to the bus.
func checkDialect(d Dialect) error {
	if d > TchuTchu {
		return fmt.Errorf("unknown dialect %d; there are salt.CelerySalt and salt.TchuTchu", uint8(d))
	}
	return nil
}

// isAuthoredError reports whether a result is an error by its keys.
func isAuthoredError(body []byte) bool {
	if !bytes.Contains(body, []byte(`error_`)) && !bytes.Contains(body, []byte(`\u`)) {
		return false // the usual case, without parsing
	}
	var members map[string]jsontext.Value
	if err := json.Unmarshal(body, &members); err != nil {
		return false
	}
	return slices.ContainsFunc(errorKeys, func(k string) bool { _, ok := members[k]; return ok })
}

// shortPath keeps the last two elements, enough to find the file and free of
// the builder's home directory.
func shortPath(file string) string {
	dir, base := path.Split(file)
	return path.Join(path.Base(strings.TrimSuffix(dir, "/")), base)
}
