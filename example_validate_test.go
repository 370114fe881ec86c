package salt_test

import (
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
)

// SeatReserved is a class with a constructor and a rule that no schema can say.
type SeatReserved struct {
	salt.Event
	Seat string `json:"seat" salt:"pattern='^[0-9]+[A-F]$'"`
	From int    `json:"from" salt:"minimum=1"`
	To   int    `json:"to" salt:"minimum=1"`
}

var seatReserved = salt.Define[SeatReserved]("seat.reserved")

func (*SeatReserved) Definition() *salt.Definition[SeatReserved] { return seatReserved }

// Validate is called wherever the schema is checked: on publish, on receive, by
// salt.Validate.
func (s *SeatReserved) Validate() error {
	if s.From >= s.To {
		return errors.New("a seat is reserved for at least one leg")
	}
	return nil
}

// NewSeatReserved cannot return an event that could not be published.
func NewSeatReserved(seat string, from, to int) (*SeatReserved, error) {
	s := &SeatReserved{Seat: seat, From: from, To: to}
	return s, salt.Validate(s)
}

func ExampleValidate() {
	_, err := NewSeatReserved("12C", 1, 3)
	fmt.Println(err)

	_, err = NewSeatReserved("C12", 0, 3)
	invalid, _ := errors.AsType[*salt.ValidationError](err)
	for _, field := range invalid.Fields {
		fmt.Println(field.Pointer, field.Rule)
	}

	_, err = NewSeatReserved("12C", 3, 1)
	fmt.Println(err)
	// Output:
	// <nil>
	// /seat pattern
	// /from minimum
	// payload of "seat.reserved" v1 is invalid: a seat is reserved for at least one leg
}
