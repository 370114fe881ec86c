package golang

import (
	"net/netip"
	"reflect"
	"regexp"
	"time"

	"github.com/google/uuid"

	"github.com/celerysalt/salt/schema"
)

// A formatType is the Go type of a format.
type formatType struct {
	expr   string
	goType reflect.Type
	tag    bool // the format stands in the tag, too
	keys   []string
}

// formatTypes are the formats whose texts have a Go type of their own. Which
// schemas these types really have is found out by trying.
var formatTypes = map[string]formatType{
	"date-time":     {expr: "time.Time", goType: reflect.TypeFor[time.Time]()},
	"date":          {expr: "time.Time", goType: reflect.TypeFor[time.Time](), tag: true},
	"duration":      {expr: "time.Duration", goType: reflect.TypeFor[time.Duration]()},
	"uuid":          {expr: "uuid.UUID", goType: reflect.TypeFor[uuid.UUID]()},
	"uuid1":         {expr: "uuid.UUID", goType: reflect.TypeFor[uuid.UUID](), tag: true},
	"uuid3":         {expr: "uuid.UUID", goType: reflect.TypeFor[uuid.UUID](), tag: true},
	"uuid4":         {expr: "uuid.UUID", goType: reflect.TypeFor[uuid.UUID](), tag: true},
	"uuid5":         {expr: "uuid.UUID", goType: reflect.TypeFor[uuid.UUID](), tag: true},
	"uuid7":         {expr: "uuid.UUID", goType: reflect.TypeFor[uuid.UUID](), tag: true},
	"ipvanyaddress": {expr: "netip.Addr", goType: reflect.TypeFor[netip.Addr]()},
	"ipvanynetwork": {expr: "netip.Prefix", goType: reflect.TypeFor[netip.Prefix]()},
	"ipv4":          {expr: "netip.Addr", goType: reflect.TypeFor[netip.Addr](), tag: true},
	"ipv6":          {expr: "netip.Addr", goType: reflect.TypeFor[netip.Addr](), tag: true},
	"binary":        {expr: "[]byte", goType: reflect.TypeFor[[]byte](), keys: []string{"minLength", "maxLength"}},
	"base64":        {expr: "[]byte", goType: reflect.TypeFor[[]byte](), tag: true, keys: []string{"minLength", "maxLength"}},
}

// packages are the import paths of the packages that generated code may name.
var packages = map[string]string{
	"time": "time", "netip": "net/netip", "json": "encoding/json", "errors": "errors", "fmt": "fmt",
	"uuid": "github.com/google/uuid", "salt": "github.com/celerysalt/salt",
}

// digits finds the limits of Pydantic's patterns for the text of a Decimal.
var (
	placesPattern = regexp.MustCompile(`\\d\{0,(\d+)\}0\*\$\)?$`)
	digitsPattern = regexp.MustCompile(`\[\\d\.\]\{1,(\d+)\}`)
)

// decimal is about a number or a text of Pydantic's pattern.
func decimal(v view, number, text view) cand {
	c := scalar(number, "salt.Decimal", reflect.TypeFor[schema.Decimal](), numberKeys...)
	c.want, c.bare, c.scalar = v.base(nil), true, ""
	pattern := text.Text("pattern")
	if m := digitsPattern.FindStringSubmatch(pattern); m != nil {
		c.tags = append(c.tags, entry{key: "maxDigits", items: []string{oneLess(m[1])}})
	}
	if m := placesPattern.FindStringSubmatch(pattern); m != nil {
		c.tags = append(c.tags, entry{key: "decimalPlaces", items: []string{m[1]}})
	}
	return c
}
