package salt_test

import (
	"errors"
	"fmt"

	"github.com/celerysalt/salt"
)

// ProductRenamed shows what tags can say. A pointer is optional and may be
// null; a default fills in what a sender left out.
type ProductRenamed struct {
	SKU   string   `json:"sku" salt:"pattern='^[A-Z]{3}[0-9]+$',description='Stock keeping unit'"`
	Name  string   `json:"name" salt:"minLength=1,maxLength=80"`
	Old   *string  `json:"old"`
	Shop  string   `json:"shop" salt:"enum=web|store,default=web"`
	Notes []string `json:"notes" salt:"maxItems=3,default=[]"`
}

var productRenamed = salt.DefineEvent[ProductRenamed]("product.renamed", salt.Version("v2"), salt.Doc("A product got another name."))

func ExampleDefineEvent() {
	spec := productRenamed.Spec()
	fmt.Println(spec.Topic, spec.Version, spec.Mode)
	fmt.Println(spec.Doc)

	err := productRenamed.Validate(&ProductRenamed{SKU: "tea-1", Shop: "kiosk"})
	invalid, _ := errors.AsType[*salt.ValidationError](err)
	for _, field := range invalid.Fields {
		fmt.Println(field.Pointer, field.Rule)
	}
	// Output:
	// product.renamed v2 event
	// A product got another name.
	// /sku pattern
	// /name minLength
	// /shop enum
}
