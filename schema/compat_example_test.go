package schema_test

import (
	"fmt"

	"github.com/celerysalt/salt/schema"
)

func ExampleBreaks() {
	v1 := schema.MustParse(`{"type":"object","properties":{"id":{"type":"integer"},"price":{"type":"number"}},"required":["id"]}`)
	v2 := schema.MustParse(`{"type":"object","properties":{"id":{"type":"integer"},"price":{"type":"integer"},"note":{"type":"string"}},"required":["id"]}`)
	for _, b := range schema.Breaks(v1, v2, schema.ReadersIgnoreUnknown) {
		fmt.Println(b)
	}
	fmt.Println(len(schema.Breaks(v2, v1, schema.ReadersIgnoreUnknown)), "the other way")
	// Output:
	// /price: type: the writer may send number, the reader accepts integer; let the reader take number, or keep the writer at integer
	// 0 the other way
}
