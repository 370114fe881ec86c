package salt

import "fmt"

// RPCError is the ready-made error of a request, celery-salt's RPCError: its
// three members are what Python's base class sends.
//
// JSON: {"error_code": "NOT_FOUND", "error_message": "…", "details": {…}}
type RPCError struct {
	Code    string         `json:"error_code"`
	Message string         `json:"error_message"`
	Details map[string]any `json:"details" salt:"default={}"`
}

// NewRPCError returns an error for a handler to return.
func NewRPCError(code, format string, args ...any) *RPCError {
	return &RPCError{Code: code, Message: fmt.Sprintf(format, args...)}
}

// Error returns "CODE: message".
func (e *RPCError) Error() string { return e.Code + ": " + e.Message }
