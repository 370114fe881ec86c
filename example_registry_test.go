package salt_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
	"github.com/celerysalt/salt/registry"
)

// Two services that disagree about a topic learn it when the second opens its
// bus. A catalog is what one program defines; here two stand for two programs.
func ExampleConflictError() {
	type sensorRead struct {
		Celsius float64 `json:"celsius"`
	}
	type sensorReadElsewhere struct {
		Celsius string `json:"celsius"`
	}
	kitchen, cellar := salt.NewCatalog(), salt.NewCatalog()
	salt.DefineEvent[sensorRead]("sensor.read", salt.In(kitchen))
	salt.DefineEvent[sensorReadElsewhere]("sensor.read", salt.In(cellar))

	ctx := context.Background()
	schemas := registry.NewMemory()
	bus, err := salt.Open(ctx, inmem.New(), &salt.Options{Registry: schemas, Catalog: kitchen})
	if err != nil {
		panic(err)
	}
	defer bus.Close(ctx)

	_, err = salt.Open(ctx, inmem.New(), &salt.Options{Registry: schemas, Catalog: cellar})
	conflict, ok := errors.AsType[*salt.ConflictError](err)
	fmt.Println(ok, conflict.Topic, conflict.Version, conflict.Part)
	for _, d := range conflict.Differences {
		fmt.Println(d.Path)
	}
	// Output:
	// true sensor.read v1 payload
	// /properties/celsius/type
}
