package celery

import (
	"strings"
	"testing"
	"time"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/schema"
)

// event is a message with a payload of about 300 bytes.
func event() *salt.Message {
	return &salt.Message{
		ID: "4bb1254b-c42e-47b4-a18e-d4504cd0a31f", Topic: "order.placed", Version: "v3", CorrelationID: "req-42",
		Expires: time.Now().Add(time.Minute),
		Body: []byte(`{"order_id":"0f8fad5b-d9cb-469f-a165-70867728950e","total":"19.99","currency":"EUR","placed_at":"2024-05-06T07:08:09Z",` +
			`"customer":{"name":"Zoë","vip":true,"email":"zoe@example.com"},"lines":[{"sku":"A-1","quantity":2,"price":"4.50"},{"sku":"B-22","quantity":1,"price":"10.99"}],` +
			`"note":"` + strings.Repeat("n", 24) + `"}`),
	}
}

func BenchmarkEncode(b *testing.B) {
	m := event()
	b.ReportAllocs()
	b.SetBytes(int64(len(m.Body)))
	for b.Loop() {
		if _, err := Encode(m); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecode(b *testing.B) {
	m := event()
	e, err := Encode(m)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	b.SetBytes(int64(len(m.Body)))
	for b.Loop() {
		if _, err := Decode(e, Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSchemaCheck(b *testing.B) {
	m := event()
	b.ReportAllocs()
	for b.Loop() {
		if err := schema.Check(m.Body, schema.Limits{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkLimits(b *testing.B) {
	m := event()
	b.ReportAllocs()
	for b.Loop() {
		if err := (Limits{}).orDefaults().check(m.Body); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkReply(b *testing.B) {
	req := &salt.Message{ID: "4bb1254b-c42e-47b4-a18e-d4504cd0a31f", Topic: "order.place", RPC: true, ReplyTo: "q"}
	r := &salt.Reply{ID: req.ID, Body: event().Body}
	b.ReportAllocs()
	for b.Loop() {
		e, err := EncodeReply(req, r)
		if err != nil {
			b.Fatal(err)
		}
		if _, err := DecodeReply(e); err != nil {
			b.Fatal(err)
		}
	}
}
