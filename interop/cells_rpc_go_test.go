package interop_test

import (
	"context"
	"errors"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"
)

// callsToPython are requests from Go to Python.
var callsToPython = cellGroup{
	name:    "call, Go to Python",
	dialect: celerySalt,
	cells: []cell{
		{name: "typed response", run: divideResponds},
		{name: "typed error", run: divideFails},
	},
}

type divideRequest struct {
	Tag string `json:"tag"`
	A   int64  `json:"a"`
	B   int64  `json:"b"`
}

type divideResponse struct {
	Quotient  int64 `json:"quotient"`
	Remainder int64 `json:"remainder"`
}

type divisionError struct {
	Code    string         `json:"error_code"`
	Message string         `json:"error_message"`
	Details map[string]any `json:"details" salt:"default={}"`
}

func (e *divisionError) Error() string { return e.Code + ": " + e.Message }

var divideSimple = salt.DefineRPC[divideRequest, divideResponse, *divisionError]("divide.simple")

func divideResponds(t *testing.T, c *config) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	id := uuid.NewString()
	got, err := divideSimple.Call(ctx, c.bus, &divideRequest{Tag: id, A: 17, B: 5}, salt.MessageID(id))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(&divideResponse{Quotient: 3, Remainder: 2}, got); diff != "" {
		t.Errorf("response (-want +got)\n%s", diff)
	}
	c.seenByPython(t, id, "divide.simple", `{"tag": `+jsonText(id)+`, "a": 17, "b": 5}`)
	c.dispatchedByPython(t, id, 1)
}

func divideFails(t *testing.T, c *config) {
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	_, err := divideSimple.Call(ctx, c.bus, &divideRequest{Tag: uuid.NewString(), A: 17})
	got, ok := errors.AsType[*divisionError](err)
	if !ok {
		t.Fatalf("error %v (%T), want a *divisionError", err, err)
	}
	want := &divisionError{Code: "DIVISION_BY_ZERO", Message: "cannot divide by zero", Details: map[string]any{"a": 17.0}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("error (-want +got)\n%s", diff)
	}
}
