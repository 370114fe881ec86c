package gen_test

import (
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/internal/gen"
	"github.com/celerysalt/salt/internal/gen/golang"
	"github.com/celerysalt/salt/internal/gen/python"
	"github.com/celerysalt/salt/schema"
)

// TestNamesKeepTheirTopic: a topic that is added takes nobody's name away, so
// that code which still compiles still means the same topic.
func TestNamesKeepTheirTopic(t *testing.T) {
	t.Parallel()
	contract := func(topic, version, title string) *gen.Contract {
		return gen.FromSpec(&salt.Spec{
			Topic: topic, Version: version, Mode: salt.ModeEvent, Exchange: salt.DefaultExchange,
			Schema: schema.MustParse(`{"type":"object","title":"` + title + `","properties":{"id":{"type":"integer","title":"Id"}},"required":["id"]}`),
		})
	}
	shipped, lost, later := contract("parcel.shipped", "v1", "Shipped"), contract("parcel.lost", "v1", "Shipped"), contract("parcel.shipped", "v2", "Shipped")
	for _, tt := range []struct {
		contracts   []*gen.Contract
		goTypes, py []string // that must be there
		no          string   // that must not be there
	}{
		{[]*gen.Contract{shipped}, []string{"type Shipped struct"}, []string{"class Shipped("}, "ParcelShipped"},
		{[]*gen.Contract{lost, shipped}, []string{"type ParcelLost struct", "type ParcelShipped struct"}, []string{"class ParcelLost(", "class ParcelShipped("}, "type Shipped struct"},
		{[]*gen.Contract{shipped, later}, []string{"type Shipped struct", "type ShippedV2 struct"}, []string{"class Shipped(", "class ShippedV2("}, "type ParcelShipped"},
	} {
		fromGo, err := golang.Generate(tt.contracts, golang.Options{})
		if err != nil {
			t.Fatal(err)
		}
		fromPython, err := python.Generate(tt.contracts, python.Options{})
		if err != nil {
			t.Fatal(err)
		}
		for source, parts := range map[string][]string{string(fromGo.Source): tt.goTypes, string(fromPython.Source): tt.py} {
			for _, part := range parts {
				if !strings.Contains(source, part) || strings.Contains(source, tt.no) {
					t.Errorf("no %q, or %q, in\n%s", part, tt.no, source)
				}
			}
		}
	}
}
