package migrate_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
)

type ProductSaved struct {
	ProductID int64  `json:"product_id"`
	Name      string `json:"name"`
}

var productSaved = salt.DefineEvent[ProductSaved]("product.saved")

// A Store keeps products; imagine a database.
type Store struct{ names map[int64]string }

// A Catalogue is the one place that saves products, so it is the one that tells.
type Catalogue struct {
	store *Store
	bus   salt.Sender // in production a *salt.Bus
}

func (c *Catalogue) Save(ctx context.Context, id int64, name string) error {
	c.store.names[id] = name
	_, err := productSaved.Publish(ctx, c.bus, &ProductSaved{ProductID: id, Name: name})
	if err != nil {
		return fmt.Errorf("product %d is saved, but nobody was told: %w", id, err)
	}
	return nil
}

func Example_autopublish() {
	listen := func(bus *salt.Bus) {
		productSaved.Subscribe(bus, func(ctx context.Context, p *ProductSaved) error {
			fmt.Println("saved", p.ProductID, p.Name)
			return nil
		})
	}
	onBus(listen, func(ctx context.Context, bus *salt.Bus) error {
		c := &Catalogue{store: &Store{names: map[int64]string{}}, bus: bus}
		return c.Save(ctx, 7, "tea")
	})
	// Output: saved 7 tea
}
