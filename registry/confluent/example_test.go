package confluent_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/celerysalt/salt/registry"
	"github.com/celerysalt/salt/registry/confluent"
)

// Clients of the Confluent Schema Registry work on Salt's registry.
func ExampleNew() {
	server := httptest.NewServer(confluent.New(registry.NewMemory(), nil))
	defer server.Close()

	const body = `{"schemaType": "JSON", "schema": "{\"type\": \"string\"}"}`
	answer, err := http.Post(server.URL+"/subjects/user.renamed/versions", "application/vnd.schemaregistry.v1+json", strings.NewReader(body))
	if err != nil {
		panic(err)
	}
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(text))
	// Output: {"subject":"user.renamed","version":1,"id":1,"guid":"38a346ca-dbd3-8205-a7bd-d4c8fa746275","schemaType":"JSON","schema":"{\"type\": \"string\"}"}
}
