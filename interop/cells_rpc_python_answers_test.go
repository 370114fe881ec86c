package interop_test

import (
	"context"
	"strings"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/google/uuid"
)

// answersToPython are answers of a Go service that are not just an object:
// lists, null, errors of either side.
var answersToPython = cellGroup{
	name:    "answer, Go to Python",
	dialect: celerySalt,
	handle:  handlePythonsQuestions,
	cells: []cell{
		{name: "list, decorator", run: byBothCallers(pythonGetsList)},
		{name: "list, class with a RootModel", absent: noClasses, run: byBothCallers(goAnswers("pyanswer list class", "list", 1, "Items", `{"root": [
			{"t": "Item", "v": {"name": "ä", "n": 1}}, {"t": "Item", "v": {"name": "b", "n": 2}}]}`))},
		{name: "null, decorator", run: byBothCallers(goAnswers("pyanswer null simple", "null", 1, "NoneType", `null`))},
		{name: "null, class style", absent: noClasses, run: byBothCallers(goAnswers("pyanswer null class", "null", 1, "NoneType", `null`))},
		{name: "not null after all", run: byBothCallers(goAnswers("pyanswer null simple", "ok", 5, "Response", `{"tag": "TAG", "total": 5}`))},
		{name: "typed error, decorator with an error schema", run: byBothCallers(goAnswers("pyanswer model simple", "error", 1, "Error", modelledSeen))},
		{name: "typed error, class with an Error", absent: noClasses, run: byBothCallers(goAnswers("pyanswer model class", "error", 1, "Error", modelledSeen))},
		{name: "RPCError, decorator without an error schema", run: byBothCallers(goAnswers("pyanswer plain simple", "error", 1, "dict", plainSeen))},
		{name: "RPCError, class without an Error", absent: noClasses, limit: func(*setup) string {
			return "a class without an Error of its own takes every error for an empty model, and all its members are gone; the same from Python to Python"
		}, run: pythonDropsError, shown: pythonDropsError},
		{name: "response, class without a Response", absent: noClasses, limit: func(*setup) string {
			return "a class without a Response of its own takes every response for an empty model, and all its members are gone; the same from Python to Python"
		}, run: pythonDropsResponse, shown: pythonDropsResponse},
		{name: "typed error that says timeout", run: byBothCallers(goAnswers("pyanswer plain simple", "timeout", 1, "dict",
			`{"error_code": "SLOW", "error_message": "the printer had a timeout", "details": {}}`))},
		{name: "handler's response is invalid", run: byBothCallers(goFails("ok", 101, "internal error"))},
		{name: "request that Go refuses", run: byBothCallers(goRefuses(map[string]any{"amount": -987654}, "amount"))},
		{name: "request without a member", run: byBothCallers(goRefuses(map[string]any{"how": nil}, "how"))},
		{name: "request that Go refuses, for a member named timeout", run: byBothCallers(goRefuses(map[string]any{"timeout": -987654}, "time-out"))},
		{name: "request that Python refuses, decorator", run: byBothCallers(pythonRefuses("pyanswer plain simple"))},
		{name: "request that Python refuses, class style", absent: noClasses, run: byBothCallers(pythonRefuses("pyanswer plain class"))},
		{name: "response that Python refuses, decorator", run: byBothCallers(pythonRefusesResponse("pyanswer plain simple"))},
		{name: "response that Python refuses, class style", absent: noClasses, run: byBothCallers(pythonRefusesResponse("pyanswer plain class"))},
	},
}

const (
	modelledSeen = `{"error_code": "BUSY", "error_message": "später", "details": {"n": 1, "deep": [null, 2.5]}, "retry_after": 30}`
	plainSeen    = `{"error_code": "NOPE", "error_message": "nein", "details": {"n": 1}}`
)

type answerRequest struct {
	Tag     string `json:"tag"`
	How     string `json:"how"`
	Amount  int64  `json:"amount" salt:"minimum=1,default=1"`
	Timeout int64  `json:"timeout,omitzero" salt:"minimum=0,default=0"`
}

type answerResponse struct {
	Tag   string `json:"tag"`
	Total int64  `json:"total" salt:"maximum=100"`
}

type answerItem struct {
	Name string `json:"name"`
	N    int64  `json:"n"`
}

type modelledError struct {
	Code       string         `json:"error_code"`
	Message    string         `json:"error_message"`
	Details    map[string]any `json:"details"`
	RetryAfter int64          `json:"retry_after"`
}

func (e *modelledError) Error() string { return e.Message }

func handlePythonsQuestions(c *config) {
	name, all := salt.Name("answers"), salt.AllVersions()
	for _, style := range []string{"simple", "class"} {
		salt.DefineRPC[answerRequest, []answerItem, *salt.RPCError]("pyanswer.list."+style, salt.In(salt.NewCatalog())).Handle(c.bus,
			func(ctx context.Context, q *answerRequest) (*[]answerItem, error) {
				c.saw(ctx, "pyanswer", *q, q.Tag)
				return &[]answerItem{{"ä", 1}, {"b", 2}}, nil
			}, name, all)
		salt.DefineRPC[answerRequest, any, *salt.RPCError]("pyanswer.null."+style, salt.In(salt.NewCatalog())).Handle(c.bus,
			func(ctx context.Context, q *answerRequest) (*any, error) {
				c.saw(ctx, "pyanswer", *q, q.Tag)
				if q.How == "null" {
					return new(any), nil
				}
				var answer any = map[string]any{"tag": q.Tag, "total": q.Amount}
				return &answer, nil
			}, name, all)
		salt.DefineRPC[answerRequest, answerResponse, *modelledError]("pyanswer.model."+style, salt.In(salt.NewCatalog())).Handle(c.bus,
			func(ctx context.Context, q *answerRequest) (*answerResponse, error) {
				c.saw(ctx, "pyanswer", *q, q.Tag)
				return nil, &modelledError{"BUSY", "später", map[string]any{"n": 1, "deep": []any{nil, 2.5}}, 30}
			}, name, all)
		salt.DefineRPC[answerRequest, answerResponse, *salt.RPCError]("pyanswer.plain."+style, salt.In(salt.NewCatalog())).Handle(c.bus,
			func(ctx context.Context, q *answerRequest) (*answerResponse, error) {
				c.saw(ctx, "pyanswer", *q, q.Tag)
				switch q.How {
				case "error":
					return nil, &salt.RPCError{Code: "NOPE", Message: "nein", Details: map[string]any{"n": 1}}
				case "timeout":
					return nil, salt.NewRPCError("SLOW", "the printer had a timeout")
				}
				return &answerResponse{q.Tag, q.Amount}, nil
			}, name, all)
	}
}

// asked is what the Go handler sees of a question without a timeout.
func asked(tag, how string, amount int64) answerRequest {
	return answerRequest{Tag: tag, How: how, Amount: amount}
}

// goAnswers compares the answer; TAG in want stands for the call's own tag.
func goAnswers(event, how string, amount int64, kind, want string) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		tag, wrapper := uuid.NewString(), ""
		if strings.HasSuffix(event, " class") {
			wrapper = "SaltResponse"
		}
		a := d.do(t, command{"do": "call", "event": event, "timeout": 30, "fields": map[string]any{"tag": tag, "how": how, "amount": amount}})
		pythonGot(t, a, kind, wrapper, strings.ReplaceAll(want, "TAG", tag))
		c.seenByGo(t, tag, "pyanswer", asked(tag, how, amount))
	}
}

// pythonGetsList: celery-salt 1.0.0 puts what is no object into one.
func pythonGetsList(t *testing.T, c *config, d *driver) {
	kind, want := "list", `[{"name": "ä", "n": 1}, {"name": "b", "n": 2}]`
	if c.env == oldestEnv {
		kind, want = "dict", `{"data": `+want+`}`
	}
	goAnswers("pyanswer list simple", "list", 1, kind, want)(t, c, d)
}

func pythonDropsError(t *testing.T, c *config)    { pythonDrops(t, c, "error", "Error") }
func pythonDropsResponse(t *testing.T, c *config) { pythonDrops(t, c, "ok", "Response") }

// pythonDrops: both handlers ran, and either answer has lost its members.
func pythonDrops(t *testing.T, c *config, how, kind string) {
	t.Helper()
	for handler, event := range map[string]string{"go": "pyanswer plain class without models", "python": "pyanswer python class without models"} {
		tag := uuid.NewString()
		a := c.driver().do(t, command{"do": "call", "event": event, "timeout": 30, "fields": map[string]any{"tag": tag, "how": how, "amount": 3}})
		pythonGot(t, a, kind, "SaltResponse", `{}`)
		if handler == "go" {
			c.seenByGo(t, tag, "pyanswer", asked(tag, how, 3))
		} else {
			c.seenByPython(t, tag, "pyanswer.python.class", `{"tag": `+jsonText(tag)+`, "how": `+jsonText(how)+`, "amount": 3}`)
		}
	}
}

// goFails: the caller gets a fault that tells nothing of the service's insides.
func goFails(how string, amount int64, text string) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		tag := uuid.NewString()
		a := d.do(t, command{"do": "call", "event": "pyanswer plain simple", "timeout": 30, "fields": map[string]any{"tag": tag, "how": how, "amount": amount}})
		pythonRaised(t, a, "PublishError", "RPC call failed: Handler 'answers' failed: "+text)
		c.seenByGo(t, tag, "pyanswer", asked(tag, how, amount))
	}
}

// goRefuses: the handler does not run, and the caller is told the member and not
// its value.
func goRefuses(members map[string]any, named string) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		tag := uuid.NewString()
		payload := map[string]any{"tag": tag, "how": "ok", "amount": 3}
		for name, v := range members {
			payload[name] = v
			if v == nil {
				delete(payload, name)
			}
		}
		a := d.do(t, command{"do": "request", "topic": "pyanswer.plain.simple", "timeout": 30, "payload": payload})
		if a.Exception != "PublishError" || !strings.Contains(a.Text, "/"+named+":") && !strings.Contains(a.Text, named) || strings.Contains(a.Text, "987654") {
			t.Errorf("the Python caller got %s: %s (%s), want a PublishError that names %s and no value", a.Exception, a.Text, a.Result, named)
		}
		c.notSeenByGo(t, tag)
	}
}

// pythonRefuses: nothing was sent, as the next call shows, which has the same
// tag and is the only one that Go sees.
func pythonRefuses(event string) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		tag := uuid.NewString()
		fields := map[string]any{"tag": tag, "how": "ok", "amount": "many"}
		a := d.do(t, command{"do": "call", "event": event, "timeout": 30, "fields": fields})
		if a.Exception != "ValidationError" || !strings.Contains(a.Text, "1 validation error for Asked\namount\n") {
			t.Errorf("the Python caller got %s: %s (%s), want a ValidationError for amount", a.Exception, a.Text, a.Result)
		}
		fields["amount"] = 3
		d.must(t, command{"do": "call", "event": event, "timeout": 30, "fields": fields})
		c.seenByGo(t, tag, "pyanswer", asked(tag, "ok", 3))
		if n := len(c.sights.all(tag, func(sight) bool { return true })); n != 1 {
			t.Errorf("the Go handler saw %d requests, want 1", n)
		}
	}
}

// pythonRefusesResponse: Python's model ends at 50, Go's at 100.
func pythonRefusesResponse(event string) func(*testing.T, *config, *driver) {
	return func(t *testing.T, c *config, d *driver) {
		tag := uuid.NewString()
		a := d.do(t, command{"do": "call", "event": event, "timeout": 30, "fields": map[string]any{"tag": tag, "how": "ok", "amount": 60}})
		c.seenByGo(t, tag, "pyanswer", asked(tag, "ok", 60))
		if c.env == oldestEnv { // it gives the raw response to the caller instead
			pythonGot(t, a, "dict", "", `{"tag": `+jsonText(tag)+`, "total": 60}`)
			return
		}
		if a.Exception != "ValidationError" || !strings.Contains(a.Text, "1 validation error for Response\ntotal\n") {
			t.Errorf("the Python caller got %s: %s (%s), want a ValidationError for total", a.Exception, a.Text, a.Result)
		}
	}
}
