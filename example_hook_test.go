package salt_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// DocumentShared has a hook around its publication.
type DocumentShared struct {
	salt.Event
	Path string `json:"path"`
	With string `json:"with"`
}

var documentShared = salt.Define[DocumentShared]("document.shared")

func (*DocumentShared) Definition() *salt.Definition[DocumentShared] { return documentShared }

func (d *DocumentShared) OnPublish(ctx context.Context, next func(context.Context) error) error {
	if d.With == "" {
		return nil // next was not called: a veto
	}
	d.Path = "/shared" + d.Path
	err := next(ctx) // check and send
	fmt.Println("sent", d.Path, "with error", err)
	return err
}

func ExampleEvent() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), nil)
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)

	_, err = salt.Publish(ctx, bus, &DocumentShared{Path: "/plan.txt", With: "bob"})
	fmt.Println(err)
	_, err = salt.Publish(ctx, bus, &DocumentShared{Path: "/plan.txt"})
	fmt.Println(errors.Is(err, salt.ErrVetoed))
	// Output:
	// sent /shared/plan.txt with error <nil>
	// <nil>
	// true
}
