package rabbitmq

import (
	"bytes"
	"errors"
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	amqp "github.com/rabbitmq/amqp091-go"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/celery"
)

func TestTablesRoundTrip(t *testing.T) {
	t.Parallel()
	at := time.Unix(1700000000, 0)
	headers := map[string]any{
		"nil": nil, "bool": true, "text": "ä", "bytes": []byte{0, 255}, "i8": int8(-1), "i16": int16(-2), "i32": int32(3), "i64": int64(4),
		"u8": uint8(5), "f32": float32(1.5), "f64": 2.5, "time": at,
		"list": []any{nil, "x", []any{int32(1)}, map[string]any{"deep": true}},
		"map":  map[string]any{"a": map[string]any{}, "b": []any{}},
	}
	in := maps.Clone(headers) // which is changed in place
	in["list"] = []any{nil, "x", []any{int32(1)}, map[string]any{"deep": true}}
	in["map"] = map[string]any{"a": map[string]any{}, "b": []any{}}
	table, err := toTable(in)
	if err != nil {
		t.Fatal(err)
	}
	if err := table.Validate(); err != nil {
		t.Errorf("the library refuses it: %v", err)
	}
	if _, ok := table["map"].(amqp.Table)["a"].(amqp.Table); !ok {
		t.Errorf("a nested map is %T", table["map"])
	}
	if diff := cmp.Diff(headers, fromTable(table)); diff != "" {
		t.Errorf("round trip (-in +out):\n%s", diff)
	}
}

func TestTableConversions(t *testing.T) {
	t.Parallel()
	table, err := toTable(map[string]any{"int": 1 << 40, "uint": uint(7), "u64": uint64(8)})
	if err != nil {
		t.Fatal(err)
	}
	want := amqp.Table{"int": int64(1 << 40), "uint": int64(7), "u64": int64(8)}
	if diff := cmp.Diff(want, table); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for name, bad := range map[string]map[string]any{
		"type":     {"x": struct{}{}},
		"overflow": {"x": uint64(1 << 63)},
		"nested":   {"x": []any{map[string]any{"y": make(chan int)}}},
		"name":     {strings.Repeat("n", 256): 1},
	} {
		if _, err := toTable(bad); err == nil {
			t.Errorf("%s: no error", name)
		}
	}
}

// headerSize must not be below what the library writes.
func TestHeaderSizeIsAnUpperBound(t *testing.T) {
	t.Parallel()
	// name length and value, type, and the table's own length
	table := amqp.Table{"a": "xyz", "b": nil, "c": []any{"x", int64(1), nil}, "d": amqp.Table{"e": []byte("12")}, "f": time.Now(), "g": true}
	exact := 4 + (2 + 5 + 3) + (2 + 1) + (2 + 5 + 6 + 9 + 1) + (2 + 1 + 4 + 2 + 5 + 2) + (2 + 9) + (2 + 2)
	if got := headerSize(table); got < exact || got > exact+16 {
		t.Errorf("headerSize %d, exactly %d", got, exact)
	}
}

func TestCheckWritable(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("x", 256)
	for _, p := range []amqp.Publishing{{ContentType: long}, {CorrelationId: long}, {ReplyTo: long}, {MessageId: long}, {Type: long}, {AppId: long}, {Expiration: long}, {ContentEncoding: long}} {
		if err := checkWritable("", "", &p); !errors.Is(err, salt.ErrTooLarge) {
			t.Errorf("%+v: %v", p, err)
		}
	}
	if err := checkWritable(long, "", &amqp.Publishing{}); err == nil {
		t.Error("exchange")
	}
	if err := checkWritable("", long, &amqp.Publishing{}); err == nil {
		t.Error("routing key")
	}
	if err := checkWritable(long[:255], long[:255], &amqp.Publishing{}); err != nil {
		t.Error(err)
	}
}

func TestCut(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"", "short", strings.Repeat("ä", 600), strings.Repeat("\xff", 3000)} {
		got := cut(text, 100)
		if len(got) > 100 || strings.ToValidUTF8(got, "") != got {
			t.Errorf("cut to %d bytes: %q", len(got), got)
		}
	}
}

// Whatever comes in as a delivery can be decoded or buried without a panic, and
// what is buried is writable.
func FuzzBury(f *testing.F) {
	f.Add("application/json", "utf-8", "celery_salt.dispatch_event", "id", []byte(`[["{}"],{"routing_key":"a"},{}]`), "x", int64(3))
	f.Add("", "", "", "", []byte(nil), "", int64(-1))
	f.Fuzz(func(t *testing.T, contentType, encoding, task, id string, body []byte, extra string, n int64) {
		if max(len(contentType), len(encoding), len(extra)) > maxShort {
			return // no wire can bring that
		}
		d := &amqp.Delivery{
			ContentType: contentType, ContentEncoding: encoding, Exchange: "e", RoutingKey: extra, Body: body,
			Headers: amqp.Table{"task": task, "id": id, "x-delivery-count": n, extra: []any{n, extra, amqp.Table{extra: body}}, "CC": []any{extra}},
		}
		if attempt(d.Headers) < 1 {
			t.Fatal("attempt below 1")
		}
		m, err := celery.Decode(envelope(d), celery.Limits{})
		if err == nil {
			if m.ID == "" || m.Topic == "" {
				t.Fatalf("decoded to %+v", m)
			}
			return
		}
		o, err := deadLetter(d, "q", err, time.Now())
		if err != nil {
			t.Fatal(err)
		}
		if err := o.msg.Headers.Validate(); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(o.msg.Body, d.Body) || o.msg.Headers["CC"] != nil || d.Headers["CC"] == nil {
			t.Fatal("the letter is not the message, or the message was changed")
		}
		if len(o.msg.Headers[headerError].(string)) > maxErrorText {
			t.Fatal("error text too long")
		}
	})
}
