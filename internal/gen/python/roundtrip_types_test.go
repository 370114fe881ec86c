package python_test

import (
	"encoding/json"
	"net/netip"
	"time"

	"github.com/google/uuid"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// Types that use what package schema knows, for the way to Python and back.

type color string

func (color) Values() []color { return []color{"red", "dark blue", "", "3d", "Red"} }

type priority int

func (priority) Values() []priority { return []priority{-1, 0, 1} }

type scalars struct {
	Bool    bool      `json:"bool"`
	Int     int       `json:"int" salt:"minimum=-3,maximum=12,multipleOf=3"`
	Float   float64   `json:"float" salt:"exclusiveMinimum=0,exclusiveMaximum=1.5"`
	Text    string    `json:"str" salt:"minLength=1,maxLength=9,pattern='^[a-z\\d]+$'"`
	When    time.Time `json:"datetime"`
	Day     time.Time `json:"date" salt:"format=date"`
	Clock   string    `json:"time" salt:"format=time"`
	ID      uuid.UUID `json:"UUID"`
	Random  string    `json:"id4" salt:"format=uuid4"`
	Addr    netip.Addr
	Net     netip.Prefix `json:"net"`
	Site    string       `json:"site" salt:"format=uri"`
	Mail    string       `json:"mail" salt:"format=email"`
	Host    string       `json:"host" salt:"format=hostname"`
	Blob    []byte       `json:"blob"`
	Base64  []byte       `json:"base64" salt:"format=base64,minLength=4"`
	Any     any          `json:"Any"`
	RawJSON json.RawMessage
}

type money struct {
	_ struct{} `salt:"title='An amount',description='Money, with \"quotes\", a \\\\ and\n\nparagraphs.'"`

	Amount schema.Decimal  `json:"amount" salt:"maxDigits=9,decimalPlaces=2,minimum=0"`
	Rate   *schema.Decimal `json:"rate" salt:"decimalPlaces=4"`
	Took   time.Duration   `json:"took"`
	Wait   *time.Duration  `json:"wait"`
	Fee    schema.Decimal  `json:"fee" salt:"default=1.50"`
}

type node struct {
	Name     string           `json:"name"`
	Children []*node          `json:"children,omitzero"`
	ByName   map[string]*node `json:"by_name,omitzero" salt:"maxProperties=4"`
	Parent   *node            `json:"parent"`
	Leaf     *leaf            `json:"leaf,omitzero" salt:"optional"`
}

type leaf struct {
	Owner *node `json:"owner"`
}

type pageOf[T any] struct {
	Items []T `json:"items"`
	Total int `json:"total" salt:"default=0"`
}

type pet interface{ pet() }

type cat struct {
	Kind  string `json:"kind" salt:"const=cat"`
	Lives int    `json:"lives" salt:"default=9"`
}

type dog struct {
	Kind string `json:"kind" salt:"enum=dog|puppy"`
}

func (cat) pet() {}
func (dog) pet() {}

type shape interface{ shape() }

type circle struct {
	Radius float64 `json:"radius"`
}

type square struct {
	_ struct{} `salt:"strict"`

	Side float64 `json:"side"`
}

func (circle) shape() {}
func (square) shape() {}

func init() {
	schema.RegisterUnion[pet]("kind", cat{}, dog{})
	schema.RegisterUnion[shape]("", circle{}, square{})
}

type defaults struct {
	Plan     string         `json:"plan" salt:"default=free,enum=free|pro"`
	Tags     []string       `json:"tags" salt:"default='[\"a\",\"b\"]',uniqueItems"`
	Empty    []int          `json:"empty" salt:"default='[]'"`
	Limits   map[string]int `json:"limits" salt:"default='{\"x\":1}'"`
	Color    color          `json:"color" salt:"default=red"`
	Since    time.Time      `json:"since" salt:"default='2020-01-02T03:04:05Z'"`
	Priority priority       `json:"priority" salt:"default=1"`
	Inner    circle         `json:"inner" salt:"default='{\"radius\":2.5}'"`
	Maybe    *string        `json:"maybe"`
	Left     string         `json:"left,omitzero"`
	Pair     [2]int         `json:"pair" salt:"default='[1,2]'"`
	Old      int            `json:"old" salt:"deprecated,default=1"`
}

type optionals struct {
	Text   string       `json:"text,omitzero" salt:"optional,minLength=2"`
	Number int          `json:"number,omitzero" salt:"optional,description='How many.'"`
	When   time.Time    `json:"when,omitzero" salt:"optional"`
	Inner  circle       `json:"inner,omitzero" salt:"optional"`
	Color  color        `json:"color,omitzero" salt:"optional"`
	List   []int        `json:"list,omitzero" salt:"optional"`
	Some   []int        `json:"some,omitzero" salt:"optional,minItems=1"`
	Pet    pet          `json:"pet,omitzero" salt:"optional"`
	Fee    salt.Decimal `json:"fee,omitzero" salt:"optional"`
}

type collections struct {
	Pets   []pet            `json:"pets" salt:"minItems=1,maxItems=3"`
	Shape  shape            `json:"shape"`
	Shapes map[string]shape `json:"shapes"`
	Pair   [2]string        `json:"pair"`
	Unique []circle         `json:"unique" salt:"uniqueItems"`
	Set    []string         `json:"set" salt:"uniqueItems,minItems=1"`
	Colors map[string]color `json:"colors" salt:"minProperties=1"`
	Pages  pageOf[circle]   `json:"pages"`
	Texts  pageOf[string]   `json:"texts"`
	Inline struct {
		X int    `json:"x" salt:"title='The X',description='Across.'"`
		Y *int   `json:"y"`
		C circle `json:"c"`
	} `json:"inline"`
	Inlines []struct {
		Z int `json:"z"`
	} `json:"inlines"`
}

// names are members that are no Python names, or those of something else.
type names struct {
	From    string         `json:"from"`
	Dash    string         `json:"order-id"`
	Under   string         `json:"_hidden"`
	Digit   string         `json:"1st"`
	Model   string         `json:"model_config"`
	JSON    string         `json:"json"`
	Copy    string         `json:"copy" salt:"default=x"`
	Dump    string         `json:"model_dump_it"`
	Umlaut  string         `json:"größe"`
	List    []int          `json:"list"`
	Dict    map[string]int `json:"dict"`
	Field   string         `json:"Field" salt:"minLength=1"`
	Int     int            `json:"int" salt:"default=1"`
	Lit     string         `json:"Literal" salt:"enum=a|b"`
	Circle  circle         `json:"circle"`
	Class   circle         `json:"class"`
	Pets    pet            `json:"pet"`
	Root    int            `json:"root"`
	Spaced  int            `json:"a b"`
	Spaced2 int            `json:"a_b"`
}

type documented struct {
	_ struct{} `salt:"title=Documented,description='What it is.',open"`

	A int    `json:"a" salt:"title='The A',description='First\nSecond',examples=1|2"`
	B string `json:"b" salt:"deprecated,description='Old.'"`
}

type withOthers struct {
	A      int            `json:"a"`
	Others map[string]int `json:",embed"`
}
