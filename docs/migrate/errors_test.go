package migrate_test

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/celerysalt/salt"
)

type GetWeather struct {
	City string `json:"city" salt:"minLength=1"`
}

type Weather struct {
	Celsius float64 `json:"celsius"`
}

var (
	getWeather     = salt.DefineRPC[GetWeather, Weather, *salt.RPCError]("weather.get")
	predictWeather = salt.DefineRPC[GetWeather, Weather, *salt.RPCError]("weather.predict")
)

func handleWeather(bus *salt.Bus) {
	getWeather.Handle(bus, func(ctx context.Context, q *GetWeather) (*Weather, error) {
		return nil, errors.New("no thermometer at 10.0.0.7") // not of the declared type: stays in the log here
	})
}

func askWeather(ctx context.Context, bus *salt.Bus) error {
	_, err := getWeather.Call(ctx, bus, &GetWeather{})
	if invalid, ok := errors.AsType[*salt.ValidationError](err); ok {
		fmt.Println("not sent:", invalid.Fields[0].Pointer)
	}

	_, err = getWeather.Call(ctx, bus, &GetWeather{City: "Bonn"})
	if remote, ok := errors.AsType[*salt.RemoteError](err); ok {
		fmt.Println("failed:", remote.Kind, remote.Message)
	}

	_, err = predictWeather.Call(ctx, bus, &GetWeather{City: "Bonn"}) // nobody listens
	fmt.Println("at once:", errors.Is(err, salt.ErrNoHandler))

	ctx, cancel := context.WithTimeout(ctx, time.Nanosecond)
	defer cancel()
	_, err = getWeather.Call(ctx, bus, &GetWeather{City: "Bonn"})
	fmt.Println("timeout:", errors.Is(err, context.DeadlineExceeded))
	return nil
}

func Example_errors() {
	onBus(handleWeather, askWeather)
	// Output:
	// not sent: /city
	// failed: handler_error internal error
	// at once: true
	// timeout: true
}
