package python

import (
	"cmp"
	"slices"
	"strings"

	"github.com/celerysalt/salt/internal/gen"
)

// A module is Python source while it is being made.
type module struct {
	style string
	event string // the class of the contract at hand

	names     scope           // names of the module
	contested map[string]bool // titles that name no class, see gen.Contested
	fields    map[string]bool // Python names of all members, which a class's body sees first

	imports map[string][]string // by module, as written: "date", "date as _date"
	aliases []string            // builtins that a member would hide
	helpers []string

	shared map[string]string // types that have a name in the module, by their text
	types  []string          // the statements that name them

	byNode  map[*gen.Node]*class
	byShape map[string]*class
	cyclic  bool
	rebuild []string // models that another may have to wait for

	topics  map[string]bool   // that have an event already
	answers map[string]string // decorator style: topics with a response or an error
	blocks  []string          // classes, in the order of the text
	public  []string
	notes   []string
}

// origins are the modules of the names that the code imports.
var origins = map[string]string{
	"Callable": "collections.abc", "date": "datetime", "datetime": "datetime", "time": "datetime", "timedelta": "datetime",
	"Decimal": "decimal", "Enum": "enum", "Annotated": "typing", "Any": "typing", "Literal": "typing", "UUID": "uuid",
	"IPv4Address": "ipaddress", "IPv6Address": "ipaddress", "IPv4Network": "ipaddress", "IPv6Network": "ipaddress",
	"IPv4Interface": "ipaddress", "IPv6Interface": "ipaddress",
	"SaltEvent": "celery_salt", "event": "celery_salt",
	"AfterValidator": "pydantic", "AnyUrl": "pydantic", "Base64Bytes": "pydantic", "Base64UrlBytes": "pydantic",
	"BaseModel": "pydantic", "BeforeValidator": "pydantic", "ConfigDict": "pydantic", "EmailStr": "pydantic", "Field": "pydantic", "HttpUrl": "pydantic",
	"IPvAnyAddress": "pydantic", "IPvAnyInterface": "pydantic", "IPvAnyNetwork": "pydantic", "Json": "pydantic",
	"PlainSerializer": "pydantic", "RootModel": "pydantic", "WithJsonSchema": "pydantic",
	"UUID1": "pydantic", "UUID3": "pydantic", "UUID4": "pydantic", "UUID5": "pydantic", "UUID6": "pydantic",
	"UUID7": "pydantic", "UUID8": "pydantic",
	"SkipJsonSchema": "pydantic.json_schema", "to_json": "pydantic_core", "to_jsonable_python": "pydantic_core",
	"TypeAliasType": "typing_extensions", "re": "",
}

func newModule(contracts []*gen.Contract, style string) *module {
	m := &module{
		style: style, names: make(scope), contested: gen.Contested(contracts), fields: make(map[string]bool), imports: make(map[string][]string),
		shared: make(map[string]string), byNode: make(map[*gen.Node]*class), byShape: make(map[string]*class), answers: make(map[string]string), topics: make(map[string]bool),
	}
	for _, name := range slices.Concat(sortedKeys(origins), keywords, builtins) {
		m.names[name], m.names["_"+name] = true, true
	}
	for _, c := range contracts {
		for _, d := range []*gen.Document{c.Payload, c.Response, c.Error} {
			if d != nil {
				m.collectFields(d.Root)
			}
		}
	}
	return m
}

func (m *module) collectFields(n *gen.Node) {
	for _, k := range n.Keywords {
		for _, sub := range below(k) {
			m.collectFields(sub)
		}
		if k.Name != "properties" {
			continue
		}
		for _, member := range k.Members {
			name := fieldName(member.Name)
			m.fields[name] = true
			for i := range len(k.Members) { // the names that a clash leads to
				m.fields[numbered(name, i)] = true
			}
		}
	}
}

// use returns the name under which the body of a class sees an imported name or
// a builtin.
func (m *module) use(name string) string {
	local := name
	if m.fields[name] {
		local = "_" + name
	}
	if _, imported := origins[name]; imported {
		m.importAs(name, local)
	} else if local != name && !slices.Contains(m.aliases, name) {
		m.aliases = append(m.aliases, name)
	}
	return local
}

// module returns an imported name as the module's own level sees it.
func (m *module) module(name string) string {
	m.importAs(name, name)
	return name
}

// moduleAnnotated adds metadata to a type at the module's own level.
func (m *module) moduleAnnotated(t typ, metadata ...code) typ {
	t.code = subscript(m.module("Annotated"), append([]code{t.code}, metadata...)...)
	return t
}

func (m *module) importAs(name, local string) {
	origin := origins[name]
	if local != name {
		name += " as " + local
	}
	if !slices.Contains(m.imports[origin], name) {
		m.imports[origin] = append(m.imports[origin], name)
	}
}

// standard are the modules of Python's library, which come first.
var standard = []string{"", "collections.abc", "datetime", "decimal", "enum", "ipaddress", "typing", "uuid"}

func (m *module) importLines() string {
	var groups [2]strings.Builder
	for _, origin := range sortedKeys(m.imports) {
		group := &groups[1]
		if slices.Contains(standard, origin) {
			group = &groups[0]
		}
		var plain, renamed []string
		for _, name := range slices.SortedFunc(slices.Values(m.imports[origin]), byKind) {
			if strings.Contains(name, " as ") || origin == "" {
				renamed = append(renamed, name)
			} else {
				plain = append(plain, name)
			}
		}
		from := "from " + origin + " "
		if origin == "" {
			from = ""
		}
		line := from + "import " + strings.Join(plain, ", ") + "\n"
		if len(line) > lineLength+1 {
			line = from + "import (\n    " + strings.Join(plain, ",\n    ") + ",\n)\n"
		}
		for i, name := range renamed {
			if plain != nil && byKind(plain[0], name) < 0 {
				renamed = slices.Insert(renamed, i, "")
				break
			}
		}
		if plain != nil && !slices.Contains(renamed, "") {
			renamed = append(renamed, "")
		}
		for _, name := range renamed {
			if name == "" {
				group.WriteString(line)
			} else {
				group.WriteString(from + "import " + name + "\n")
			}
		}
	}
	if groups[0].Len() > 0 {
		groups[0].WriteByte('\n')
	}
	return groups[0].String() + groups[1].String()
}

// byKind sorts imports as isort does: constants, classes, the rest.
func byKind(a, b string) int {
	kind := func(name string) int {
		name, _, _ = strings.Cut(name, " ")
		switch {
		case name == strings.ToUpper(name):
			return 0
		case name[0] <= 'Z':
			return 1
		}
		return 2
	}
	return cmp.Or(cmp.Compare(kind(a), kind(b)), strings.Compare(strings.ToLower(a), strings.ToLower(b)))
}

func (m *module) aliasLines() []string {
	var lines []string
	for _, name := range slices.Sorted(slices.Values(m.aliases)) {
		lines = append(lines, "_"+name+" = "+name+"\n")
	}
	if lines != nil {
		lines[0] = "\n# Members of these names hide them where they are needed.\n" + lines[0]
	}
	return lines
}

// share gives a type a name in the module, to be written once.
func (m *module) share(name string, t typ) typ {
	text := t.code.flat()
	if m.shared[text] == "" {
		local := m.names.pick(name)
		m.shared[text] = local
		m.types = append(m.types, statement(0, local+" = ", t.code))
	}
	t.code = atom(m.shared[text])
	return t
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
