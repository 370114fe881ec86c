package migrate_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
)

type DocumentShared struct {
	salt.Event

	Path       string `json:"path"`
	SharedWith string `json:"shared_with"`
}

var documentShared = salt.Define[DocumentShared]("document.shared")

func (*DocumentShared) Definition() *salt.Definition[DocumentShared] { return documentShared }

func (d *DocumentShared) OnPublish(ctx context.Context, next func(context.Context) error) error {
	if d.SharedWith == "" {
		return nil // nothing is sent, and the caller gets salt.ErrVetoed
	}
	d.Path = "/shared" + d.Path
	if err := next(ctx); err != nil { // check, send, wait for the broker's confirm
		return err
	}
	fmt.Println("sent", d.Path)
	return nil
}

func share(ctx context.Context, bus *salt.Bus) error {
	if _, err := salt.Publish(ctx, bus, &DocumentShared{Path: "/plan.txt", SharedWith: "bob"}); err != nil {
		return err
	}
	_, err := salt.Publish(ctx, bus, &DocumentShared{Path: "/plan.txt"})
	fmt.Println("vetoed:", errors.Is(err, salt.ErrVetoed))
	return nil
}

func Example_hooks() {
	onBus(func(*salt.Bus) {}, share)
	// Output:
	// sent /shared/plan.txt
	// vetoed: true
}
