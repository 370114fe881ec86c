package migrate_test

import (
	"context"
	"fmt"
	"strings"

	"github.com/celerysalt/salt"
)

type Address struct {
	Street string `json:"street"`
}

type ParcelSent struct {
	ParcelID int64        `json:"parcel_id"`
	Address  Address      `json:"address"`
	Service  string       `json:"service" salt:"enum=normal|express"`
	Weight   salt.Decimal `json:"weight"`
	Note     *string      `json:"note"`
}

var parcelSent = salt.DefineEvent[ParcelSent]("parcel.sent")

func onParcel(bus *salt.Bus) {
	parcelSent.Subscribe(bus, func(ctx context.Context, p *ParcelSent) error {
		fmt.Printf("%d %s %s %s\n", p.ParcelID, p.Address.Street, p.Service, p.Weight)
		return nil
	})
}

func sendParcel(ctx context.Context, bus *salt.Bus) error {
	_, err := parcelSent.Publish(ctx, bus, &ParcelSent{
		ParcelID: 7, Address: Address{Street: "Elm"}, Service: "express", Weight: "1.50",
	})
	return err
}

func sendUnchecked(ctx context.Context, bus *salt.Bus) error {
	return bus.Send(ctx, &salt.Message{Topic: "parcel.sent", Version: "v1", Body: []byte(
		`{"parcel_id": "7", "address": {"street": 12}, "service": "rocket", "weight": "1.50", "extra": 1}`,
	)})
}

func Example_validation() {
	onBus(onParcel, sendParcel)
	broker := onBus(onParcel, sendUnchecked)
	dead := broker.DeadLetters("guide")[0]
	fmt.Println(dead.Reason)
	_, fields, _ := strings.Cut(dead.Error, " is invalid: ")
	fmt.Println(strings.ReplaceAll(fields, "; ", "\n"))
	// Output:
	// 7 Elm express 1.50
	// invalid
	// /parcel_id: type: expected integer, got string
	// /address/street: type: expected string, got number
	// /service: enum: expected one of "normal", "express", got string
}
