package interop_test

import (
	"context"
	"math/big"
	"time"

	"github.com/celerysalt/salt"
	"github.com/google/uuid"
)

// The Go half of python/matrix/kinds.py: one payload for each kind, with a
// definition in each style.

type kindText struct {
	Tag   string   `json:"tag"`
	Text  string   `json:"text"`
	Words []string `json:"words"`
}

type kindNumber struct {
	Tag   string  `json:"tag"`
	Whole int64   `json:"whole"`
	Huge  big.Int `json:"huge"`
	Ratio float64 `json:"ratio"`
	Tiny  float64 `json:"tiny"`
	Truth bool    `json:"truth"`
}

type kindTime struct {
	Tag string    `json:"tag"`
	At  time.Time `json:"at"`
	Day string    `json:"day"`
}

type kindUUID struct {
	Tag  string      `json:"tag"`
	UID  uuid.UUID   `json:"uid"`
	UIDs []uuid.UUID `json:"uids"`
}

type kindDecimal struct {
	Tag   string       `json:"tag"`
	Price salt.Decimal `json:"price"`
}

type kindGeo struct {
	Lat float64 `json:"lat"`
	Lon float64 `json:"lon"`
}

type kindAddress struct {
	Street string  `json:"street"`
	Geo    kindGeo `json:"geo"`
}

type kindLine struct {
	SKU string `json:"sku"`
	N   int64  `json:"n"`
}

type kindNested struct {
	Tag     string           `json:"tag"`
	Address kindAddress      `json:"address"`
	Lines   []kindLine       `json:"lines"`
	Table   map[string]int64 `json:"table"`
	Grid    [][]int64        `json:"grid"`
}

type kindNull struct {
	Tag   string  `json:"tag"`
	Maybe *string `json:"maybe"`
	Other *int64  `json:"other"`
	Left  string  `json:"left,omitzero" salt:"default=out"`
}

type kindEmpty struct {
	Tag   string            `json:"tag"`
	Text  string            `json:"text"`
	Items []string          `json:"items"`
	Table map[string]string `json:"table"`
}

type kindChoice struct {
	Tag   string `json:"tag"`
	Level string `json:"level" salt:"enum=low|high"`
}

type kindLarge struct {
	Tag  string `json:"tag"`
	Blob string `json:"blob"`
}

type kindNothing struct{}

type (
	classText struct {
		salt.Event
		kindText
	}
	classNumber struct {
		salt.Event
		kindNumber
	}
	classTime struct {
		salt.Event
		kindTime
	}
	classUUID struct {
		salt.Event
		kindUUID
	}
	classDecimal struct {
		salt.Event
		kindDecimal
	}
	classNested struct {
		salt.Event
		kindNested
	}
	classNull struct {
		salt.Event
		kindNull
	}
	classEmpty struct {
		salt.Event
		kindEmpty
	}
	classChoice struct {
		salt.Event
		kindChoice
	}
	classLarge struct {
		salt.Event
		kindLarge
	}
	classNothing struct {
		salt.Event
	}
)

var (
	classTextEvent    = salt.Define[classText]("kind.text.class")
	classNumberEvent  = salt.Define[classNumber]("kind.number.class")
	classTimeEvent    = salt.Define[classTime]("kind.time.class")
	classUUIDEvent    = salt.Define[classUUID]("kind.uuid.class")
	classDecimalEvent = salt.Define[classDecimal]("kind.decimal.class")
	classNestedEvent  = salt.Define[classNested]("kind.nested.class")
	classNullEvent    = salt.Define[classNull]("kind.null.class")
	classEmptyEvent   = salt.Define[classEmpty]("kind.empty.class")
	classChoiceEvent  = salt.Define[classChoice]("kind.choice.class")
	classLargeEvent   = salt.Define[classLarge]("kind.large.class")
	classNothingEvent = salt.Define[classNothing]("kind.nothing.class")
)

func (*classText) Definition() *salt.Definition[classText]       { return classTextEvent }
func (*classNumber) Definition() *salt.Definition[classNumber]   { return classNumberEvent }
func (*classTime) Definition() *salt.Definition[classTime]       { return classTimeEvent }
func (*classUUID) Definition() *salt.Definition[classUUID]       { return classUUIDEvent }
func (*classDecimal) Definition() *salt.Definition[classDecimal] { return classDecimalEvent }
func (*classNested) Definition() *salt.Definition[classNested]   { return classNestedEvent }
func (*classNull) Definition() *salt.Definition[classNull]       { return classNullEvent }
func (*classEmpty) Definition() *salt.Definition[classEmpty]     { return classEmptyEvent }
func (*classChoice) Definition() *salt.Definition[classChoice]   { return classChoiceEvent }
func (*classLarge) Definition() *salt.Definition[classLarge]     { return classLargeEvent }
func (*classNothing) Definition() *salt.Definition[classNothing] { return classNothingEvent }

// styles are the two ways to publish one payload and to subscribe to it.
type styles[T any] struct {
	simple  *salt.EventType[T]
	publish func(ctx context.Context, to salt.Sender, v T) (string, error) // class style
	listen  func(b *salt.Bus, h func(context.Context, T) error)            // class style
}

// classStyles makes styles of a class C that embeds T.
func classStyles[T, C any, P interface {
	salt.EventOf[C]
	payload() *T
}](name string) styles[T] {
	return styles[T]{
		simple: salt.DefineEvent[T]("kind." + name + ".simple"),
		publish: func(ctx context.Context, to salt.Sender, v T) (string, error) {
			e := P(new(C))
			*e.payload() = v
			return salt.Publish(ctx, to, e, salt.MustRoute())
		},
		listen: func(b *salt.Bus, h func(context.Context, T) error) {
			salt.Subscribe(b, func(ctx context.Context, e P) error { return h(ctx, *e.payload()) }, salt.AllVersions())
		},
	}
}

func (k *kindText) payload() *kindText       { return k }
func (k *kindNumber) payload() *kindNumber   { return k }
func (k *kindTime) payload() *kindTime       { return k }
func (k *kindUUID) payload() *kindUUID       { return k }
func (k *kindDecimal) payload() *kindDecimal { return k }
func (k *kindNested) payload() *kindNested   { return k }
func (k *kindNull) payload() *kindNull       { return k }
func (k *kindEmpty) payload() *kindEmpty     { return k }
func (k *kindChoice) payload() *kindChoice   { return k }
func (k *kindLarge) payload() *kindLarge     { return k }
func (*classNothing) payload() *kindNothing  { return new(kindNothing) }
