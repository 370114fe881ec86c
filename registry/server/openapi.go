package server

import (
	_ "embed" // of the components
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

//go:embed components.json
var components []byte

// object is a JSON object of the document.
type object map[string]any

// describe makes the OpenAPI document of the routes. It panics where they are
// wrong, which is when the program starts.
func describe(all []route) []byte {
	paths := object{}
	for i := range all {
		rt := &all[i]
		item, ok := paths[rt.path].(object)
		if !ok {
			item = object{}
			paths[rt.path] = item
		}
		item[strings.ToLower(rt.method)] = rt.operation()
	}
	document := object{
		"openapi": "3.1.0",
		"info": object{
			"title":       "Salt's registry",
			"version":     "1",
			"description": "Schemas of events and requests, their versions, rules, users and history. Beside it the server has the surface of the Confluent Schema Registry at /subjects, /schemas, /compatibility, /config, /mode and /contexts, which is not described here.",
			"license":     object{"name": "see the project", "url": "https://github.com/celerysalt/salt"},
		},
		"servers":  []object{{"url": "/"}},
		"security": []object{{"token": []string{}}},
		"paths":    paths,
		"components": object{
			"schemas": jsontext.Value(components),
			"securitySchemes": object{"token": object{
				"type": "http", "scheme": "bearer",
				"description": "A token of the server's file. Clients that know users only send it as the password.",
			}},
			"parameters": object{"actor": object{
				"name": "X-Salt-Actor", "in": "header", "schema": object{"type": "string", "maxLength": maxActor},
				"description": "Who makes a change, beside the token's name. May be percent-encoded.",
			}},
		},
	}
	text, err := json.Marshal(document, json.Deterministic(true), jsontext.WithIndent("  "))
	if err != nil {
		panic(fmt.Errorf("describe the API: %w", err))
	}
	return append(text, '\n')
}

func ref(component string) object { return object{"$ref": "#/components/schemas/" + component} }

func content(mediaType string, of object) object {
	return object{mediaType: object{"schema": of}}
}

// operation describes one route.
func (rt *route) operation() object {
	op := object{"operationId": rt.id, "summary": rt.summary, "responses": rt.responses()}
	var parameters []object
	for element := range strings.SplitSeq(rt.path, "/") {
		if name, ok := strings.CutPrefix(element, "{"); ok {
			name = strings.TrimSuffix(name, "}")
			parameters = append(parameters, object{"name": name, "in": "path", "required": true, "schema": object{"type": "string"}})
		}
	}
	for _, q := range rt.query {
		parameters = append(parameters, object{"name": q.name, "in": "query", "description": q.about, "schema": object{"type": "string"}})
	}
	if rt.write {
		parameters = append(parameters, object{"$ref": "#/components/parameters/actor"})
	}
	if len(parameters) > 0 {
		op["parameters"] = parameters
	}
	if rt.body != "" {
		op["requestBody"] = object{"required": true, "content": content("application/json", ref(rt.body))}
	}
	if rt.public {
		op["security"] = []object{}
	}
	return op
}

func (rt *route) responses() object {
	responses := object{}
	switch {
	case rt.lines != "":
		responses["200"] = object{
			"description": "JSON lines, each as described. An answer that is not whole ends in a broken connection.",
			"content":     content("application/x-ndjson", ref(rt.lines)),
		}
	case rt.list:
		responses["200"] = object{"description": "The list.", "content": content("application/json", object{"type": "array", "items": ref(rt.answer)})}
	case rt.answer != "":
		responses["200"] = object{"description": "Done.", "content": content("application/json", ref(rt.answer))}
	default:
		responses["204"] = object{"description": "Done."}
	}
	codes := []int{http.StatusInternalServerError, http.StatusServiceUnavailable}
	if !rt.public {
		codes = append(codes, http.StatusUnauthorized, http.StatusForbidden)
	}
	if rt.body != "" {
		codes = append(codes, http.StatusBadRequest, http.StatusRequestTimeout, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType)
	}
	if strings.Contains(rt.path, "{") {
		codes = append(codes, http.StatusBadRequest, http.StatusNotFound)
	}
	if rt.id == "register" {
		codes = append(codes, http.StatusConflict)
	}
	for _, code := range codes {
		responses[strconv.Itoa(code)] = object{
			"description": http.StatusText(code) + ".", "content": content("application/json", ref("Failure")),
		}
	}
	return responses
}
