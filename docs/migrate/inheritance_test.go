package migrate_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
)

// DocumentEvent has no definition, so nobody can publish it.
type DocumentEvent struct {
	salt.Event

	Path string `json:"path"`
}

// audit is told the verb: a method of the parent cannot call the child's.
func (d *DocumentEvent) audit(ctx context.Context, verb string, next func(context.Context) error) error {
	fmt.Println("audit:", verb, d.Path)
	return d.Event.OnPublish(ctx, next) // super()
}

type DocumentDeleted struct {
	DocumentEvent

	Reason string `json:"reason"`
}

var documentDeleted = salt.Define[DocumentDeleted]("document.deleted")

func (*DocumentDeleted) Definition() *salt.Definition[DocumentDeleted] { return documentDeleted }

func (d *DocumentDeleted) OnPublish(ctx context.Context, next func(context.Context) error) error {
	return d.audit(ctx, "deleted", next)
}

func forget(bus *salt.Bus) {
	salt.Subscribe(bus, func(ctx context.Context, d *DocumentDeleted) error {
		fmt.Println("forget", d.Path, "because", d.Reason)
		return nil
	})
}

func remove(ctx context.Context, bus *salt.Bus) error {
	d := &DocumentDeleted{DocumentEvent: DocumentEvent{Path: "/plan.txt"}, Reason: "old"}
	_, err := salt.Publish(ctx, bus, d)
	return err
}

func Example_inheritance() {
	onBus(forget, remove)
	// Output:
	// audit: deleted /plan.txt
	// forget /plan.txt because old
}
