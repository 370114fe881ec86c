package schema_test

import (
	"math/big"
	"net/netip"
	"reflect"
	"time"

	"github.com/google/uuid"

	"github.com/celerysalt/salt/schema"
)

// twins are the Go types of the models in testdata/pydantic.
var twins = map[string]func() reflect.Type{
	"alias": func() reflect.Type {
		type Model struct {
			UserID int    `json:"userId"`
			Name   string `json:"Name" salt:"default=n"`
		}
		return reflect.TypeFor[Model]()
	},
	"alias_generator": func() reflect.Type {
		type Inner struct {
			FirstName string `json:"firstName"`
		}
		type Model struct {
			CreatedBy Inner `json:"createdBy"`
			IsOK      bool  `json:"isOk" salt:"default=true"`
		}
		return reflect.TypeFor[Model]()
	},
	"alias_populate": func() reflect.Type {
		type Model struct {
			UserID int    `json:"userId"`
			V      string `json:"vee" salt:"default=d"`
		}
		return reflect.TypeFor[Model]()
	},
	"any_and_json": func() reflect.Type {
		type Model struct {
			X any        `json:"x"`
			Y any        `json:"y" salt:"default=null"`
			O any        `json:"o" salt:"default=1"`
			J intsInText `json:"j" salt:"optional"`
		}
		return reflect.TypeFor[Model]()
	},
	"aware_naive": func() reflect.Type {
		type Model struct {
			Aware time.Time  `json:"aware"`
			Naive *string    `json:"naive" salt:"format=date-time"`
			Past  *time.Time `json:"past" salt:"format=date"`
			Fut   *time.Time `json:"fut"`
		}
		return reflect.TypeFor[Model]()
	},
	"base64_bytes": func() reflect.Type {
		type Model struct {
			B []byte `json:"b" salt:"format=base64"`
			S []byte `json:"s" salt:"format=base64,default='aGk='"`
		}
		return reflect.TypeFor[Model]()
	},
	"bool_coercion": func() reflect.Type {
		type Model struct {
			B bool `json:"b"`
		}
		return reflect.TypeFor[Model]()
	},
	"bytes_field": func() reflect.Type {
		type Model struct {
			Data []byte  `json:"data"`
			Opt  *[]byte `json:"opt"`
		}
		return reflect.TypeFor[Model]()
	},
	"collection_constraints": func() reflect.Type {
		type Model struct {
			L []int          `json:"l" salt:"minItems=1,maxItems=3"`
			C []string       `json:"c" salt:"minItems=2,default='[\"a\",\"b\"]'"`
			D map[string]int `json:"d" salt:"maxProperties=1,default={}"`
			S []int          `json:"s" salt:"minItems=1,uniqueItems,default=[1]"`
		}
		return reflect.TypeFor[Model]()
	},
	"collections": func() reflect.Type {
		type Model struct {
			L  []int          `json:"l"`
			D  map[string]int `json:"d" salt:"default={}"`
			S  []string       `json:"s" salt:"uniqueItems,default=[]"`
			T  intAndText     `json:"t" salt:"default='[1,\"a\"]'"`
			TV []int          `json:"tv" salt:"default=[]"`
			FS []int          `json:"fs" salt:"uniqueItems,default=[]"`
		}
		return reflect.TypeFor[Model]()
	},
	"decimals": func() reflect.Type {
		type Model struct {
			Amount schema.Decimal `json:"amount"`
			Price  schema.Decimal `json:"price" salt:"maxDigits=6,decimalPlaces=2,default=1.00"`
			Pos    schema.Decimal `json:"pos" salt:"exclusiveMinimum=0,default=1"`
		}
		return reflect.TypeFor[Model]()
	},
	"discriminated_union": func() reflect.Type {
		type Model struct {
			Pet  Pet   `json:"pet"`
			Pets []Pet `json:"pets" salt:"default=[]"`
		}
		return reflect.TypeFor[Model]()
	},
	"enums": func() reflect.Type {
		type Model struct {
			Color Color `json:"color"`
			Num   Num   `json:"num" salt:"default=1"`
			S     S     `json:"s" salt:"default=a"`
		}
		return reflect.TypeFor[Model]()
	},
	"event_like": func() reflect.Type {
		type Line struct {
			SKU   string         `json:"sku" salt:"minLength=1"`
			Qty   int            `json:"qty" salt:"exclusiveMinimum=0"`
			Price schema.Decimal `json:"price"`
		}
		type Model struct {
			OrderID  uuid.UUID         `json:"order_id"`
			PlacedAt time.Time         `json:"placed_at"`
			Currency Currency          `json:"currency" salt:"default=EUR"`
			Lines    []Line            `json:"lines" salt:"minItems=1"`
			Note     *string           `json:"note"`
			Meta     map[string]string `json:"meta" salt:"default={}"`
		}
		return reflect.TypeFor[Model]()
	},
	"extra_allow": func() reflect.Type {
		type Model struct {
			A     int              `json:"a"`
			Extra map[string]int64 `json:",embed"`
		}
		return reflect.TypeFor[Model]()
	},
	"float_constraints": func() reflect.Type {
		type Model struct {
			P    float64 `json:"p" salt:"minimum=0,maximum=1"`
			Q    float64 `json:"q" salt:"exclusiveMinimum=0,exclusiveMaximum=1,default=0.5"`
			Step float64 `json:"step" salt:"multipleOf=0.25,default=0.5"`
			Fin  float64 `json:"fin" salt:"default=1.0"`
		}
		return reflect.TypeFor[Model]()
	},
	"generic_root": func() reflect.Type { return reflect.TypeFor[Env[map[string][]int]]() },
	"generics": func() reflect.Type {
		type Item struct {
			ID int `json:"id"`
		}
		type Model struct {
			P Page[Item] `json:"p"`
			Q *Page[int] `json:"q"`
		}
		return reflect.TypeFor[Model]()
	},
	"int_constraints": func() reflect.Type {
		type Model struct {
			GT   int    `json:"gt" salt:"exclusiveMinimum=0"`
			GE   int    `json:"ge" salt:"minimum=5,default=10"`
			LT   int8   `json:"lt" salt:"exclusiveMaximum=10,default=1"`
			LE   int16  `json:"le" salt:"maximum=3,default=1"`
			Mult int32  `json:"mult" salt:"multipleOf=2,default=4"`
			Pos  uint   `json:"pos" salt:"exclusiveMinimum=0,default=1"`
			NN   uint64 `json:"nn" salt:"minimum=0,default=0"`
			Neg  int64  `json:"neg" salt:"exclusiveMaximum=0,default=-1"`
			Rng  uint8  `json:"rng" salt:"minimum=1,maximum=5,default=2"`
		}
		return reflect.TypeFor[Model]()
	},
	"ints_big": func() reflect.Type {
		type Model struct {
			I big.Int `json:"i"`
			F float64 `json:"f" salt:"default=0"`
		}
		return reflect.TypeFor[Model]()
	},
	"literal": func() reflect.Type {
		type Model struct {
			Status string `json:"status" salt:"enum=open|closed"`
			Code   any    `json:"code" salt:"enum=1|2|three,default=1"`
			Only   string `json:"only" salt:"const=x,default=x"`
		}
		return reflect.TypeFor[Model]()
	},
	"mutual_recursion": func() reflect.Type {
		type Model struct {
			Root Folder `json:"root"`
		}
		return reflect.TypeFor[Model]()
	},
	"nested": func() reflect.Type {
		type Addr struct {
			Street string `json:"street"`
			Zip    string `json:"zip" salt:"default=00000"`
		}
		type Person struct {
			Name string `json:"name"`
			Addr Addr   `json:"addr"`
		}
		type Model struct {
			Owner  Person   `json:"owner"`
			Others []Person `json:"others" salt:"default=[]"`
		}
		return reflect.TypeFor[Model]()
	},
	"nullable_defaults": func() reflect.Type {
		type Sub struct {
			K int `json:"k" salt:"default=1"`
		}
		type Model struct {
			Sub    Sub             `json:"sub" salt:"default={}"`
			Sub2   *Sub            `json:"sub2"`
			Nested map[string]*Sub `json:"nested" salt:"default={}"`
			Lst    []*int          `json:"lst" salt:"default='[null,1]'"`
			Fac    []string        `json:"fac" salt:"optional"`
		}
		return reflect.TypeFor[Model]()
	},
	"optional_defaults": func() reflect.Type {
		type Model struct {
			A *int     `json:"a" salt:"required"`
			B *string  `json:"b"`
			C int      `json:"c" salt:"default=7"`
			D string   `json:"d" salt:"default=dflt"`
			E *float64 `json:"e" salt:"default=1.5"`
		}
		return reflect.TypeFor[Model]()
	},
	"recursive": func() reflect.Type {
		type Model struct {
			Value    int     `json:"value"`
			Children []Model `json:"children" salt:"default=[]"`
			Parent   *Model  `json:"parent"`
		}
		return reflect.TypeFor[Model]()
	},
	"root_list": func() reflect.Type {
		type Item struct {
			ID   int    `json:"id"`
			Name string `json:"name"`
		}
		type Model []Item
		return reflect.TypeFor[Model]()
	},
	"simple_types": func() reflect.Type {
		type Model struct {
			S string  `json:"s"`
			I int     `json:"i"`
			F float64 `json:"f"`
			B bool    `json:"b"`
		}
		return reflect.TypeFor[Model]()
	},
	"strict_types": func() reflect.Type {
		type Model struct {
			I int     `json:"i"`
			S string  `json:"s" salt:"default=x"`
			B bool    `json:"b" salt:"default=true"`
			F float64 `json:"f" salt:"default=1"`
		}
		return reflect.TypeFor[Model]()
	},
	"string_constraints": func() reflect.Type {
		type Model struct {
			Short string `json:"short" salt:"minLength=2,maxLength=4"`
			Code  string `json:"code" salt:"pattern='^[A-Z]{2}-\\d+$',default=AB-12"`
			C     string `json:"c" salt:"minLength=1,default=x"`
		}
		return reflect.TypeFor[Model]()
	},
	"typed_dict_namedtuple": func() reflect.Type {
		type TD struct {
			A int    `json:"a"`
			B string `json:"b,omitzero"`
		}
		type DC struct {
			P int    `json:"p"`
			Q string `json:"q" salt:"default=q"`
		}
		type Model struct {
			TD TD         `json:"td"`
			NT namedTuple `json:"nt" salt:"default=[1]"`
			DC *DC        `json:"dc"`
		}
		return reflect.TypeFor[Model]()
	},
	"union_of_models": func() reflect.Type {
		type Model struct {
			Item  AorB `json:"item"`
			Maybe AorB `json:"maybe" salt:"default=null"`
		}
		return reflect.TypeFor[Model]()
	},
	"urls_ips": func() reflect.Type {
		type Model struct {
			U     string      `json:"u" salt:"format=uri,minLength=1,maxLength=2083"`
			A     *string     `json:"a" salt:"format=uri,minLength=1"`
			IP    *netip.Addr `json:"ip" salt:"format=ipv4"`
			AnyIP *netip.Addr `json:"any_ip"`
		}
		return reflect.TypeFor[Model]()
	},
	"uuids": func() reflect.Type {
		type Model struct {
			ID  uuid.UUID   `json:"id"`
			V4  *uuid.UUID  `json:"v4" salt:"format=uuid4"`
			IDs []uuid.UUID `json:"ids" salt:"default=[]"`
		}
		return reflect.TypeFor[Model]()
	},
}
