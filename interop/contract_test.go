package interop_test

import (
	"time"

	"github.com/celerysalt/salt"
)

// The Go half of python/contract.py.

type orderPlaced struct {
	ID      int64    `json:"order_id"`
	Amount  float64  `json:"amount"`
	Note    string   `json:"note"`
	Tags    []string `json:"tags"`
	Express bool     `json:"express" salt:"default=false"`
	Coupon  *string  `json:"coupon"`
}

type orderShipped struct {
	ID        int64     `json:"order_id"`
	Carrier   string    `json:"carrier"`
	ShippedAt time.Time `json:"shipped_at"`
	Weights   []float64 `json:"weights" salt:"default=[]"`
	Remark    *string   `json:"remark"`
}

type divide struct {
	A int64 `json:"a"`
	B int64 `json:"b"`
}

type divided struct {
	Quotient  int64 `json:"quotient"`
	Remainder int64 `json:"remainder"`
}

type divideError struct {
	Code    string         `json:"error_code"`
	Message string         `json:"error_message"`
	Details map[string]any `json:"details" salt:"default={}"`
}

func (e *divideError) Error() string { return e.Code + ": " + e.Message }

type upper struct {
	Text string `json:"text"`
}

type uppered struct {
	Text string `json:"text"`
}

type getQuote struct {
	SKU      string `json:"sku"`
	Quantity int64  `json:"quantity" salt:"minimum=1"`
}

type quote struct {
	SKU   string   `json:"sku"`
	Total float64  `json:"total"`
	Parts []string `json:"parts"`
}

// A contract holds the definitions of one run. Their topics have a prefix of
// the run, so they cannot be package variables as a service's would be.
type contract struct {
	catalog *salt.Catalog
	placed  *salt.EventType[orderPlaced]
	shipped *salt.EventType[orderShipped]
	divide  *salt.RPCType[divide, divided, *divideError]
	upper   *salt.RPCType[upper, uppered, *salt.RPCError]
	quote   *salt.RPCType[getQuote, quote, *salt.RPCError]
	nobody  *salt.RPCType[upper, uppered, *salt.RPCError]
}

func newContract(prefix string) contract {
	c := salt.NewCatalog()
	in := salt.In(c)
	return contract{
		catalog: c,
		placed:  salt.DefineEvent[orderPlaced](prefix+".order.placed", in),
		shipped: salt.DefineEvent[orderShipped](prefix+".order.shipped", in, salt.Version("v2")),
		divide:  salt.DefineRPC[divide, divided, *divideError](prefix+".math.divide", in),
		upper:   salt.DefineRPC[upper, uppered, *salt.RPCError](prefix+".text.upper", in),
		quote:   salt.DefineRPC[getQuote, quote, *salt.RPCError](prefix+".quote.get", in),
		nobody:  salt.DefineRPC[upper, uppered, *salt.RPCError](prefix+".nobody.home", in),
	}
}
