package rabbitmq

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
)

func TestParseAddress(t *testing.T) {
	t.Parallel()
	for raw, want := range map[string]string{
		"amqp://guest:secret@127.0.0.1:5673/":             "amqp://guest@127.0.0.1:5673/",
		"amqps://u:p%40ss%2Fword@mq.example.com/v%2Fhost": "amqps://u@mq.example.com:5671/v%2Fhost",
		"amqp://h":             "amqp://guest@h:5672/",
		"amqp://u:p@[::1]:7/v": "amqp://u@[::1]:7/v",
		"amqp://u:p@h?heartbeat=5&connection_timeout=1": "amqp://u@h:5672/",
	} {
		a, err := parseAddress(raw)
		if err != nil || a.String() != want {
			t.Errorf("%s: %v, %v; want %s", raw, a, err, want)
		}
	}
	for _, raw := range []string{"", "localhost:5672", "http://h", "amqp://u:p@h:port", "amqp://u:pa ss@h", "amqp://h:99999/",
		"amqp://u:canary?x@h/", "amqp://u:can%zzary@h/", "amqp://u:p@h?heartbeat=canary", "\x7famqp://u:canary@h"} {
		if _, err := parseAddress(raw); err == nil {
			t.Errorf("%q: no error", raw)
		} else if strings.Contains(err.Error(), "canary") {
			t.Errorf("%q: the error quotes it: %v", raw, err)
		}
		if tr, err := Open(raw, nil); err == nil || tr != nil {
			t.Errorf("Open(%q) succeeded", raw)
		}
	}
}

// No part of the password shows, wherever a broken URL has it.
func FuzzAddress(f *testing.F) {
	f.Add("amqp://user:", "canary", "@host:5672/")
	f.Add("amqp://user:", "can@ry/?#:%41", "@host")
	f.Add("amqps://", "canary", ":x@h/v?heartbeat=1")
	f.Fuzz(func(t *testing.T, before, password, after string) {
		const canary = "qX7canaryZ9"
		for _, raw := range []string{
			before + canary + password + after,
			before + url.QueryEscape(canary+password) + after,
		} {
			a, err := parseAddress(raw)
			if err != nil {
				if strings.Contains(err.Error(), canary) {
					t.Fatalf("error for %q: %v", raw, err)
				}
				continue
			}
			if a.uri.Password == "" || !strings.Contains(a.uri.Password, canary) ||
				strings.Contains(a.uri.Username+a.uri.Host+a.uri.Vhost, canary) {
				continue // it is not the password
			}
			if out := fmt.Sprintf("%v %s %+v %#v", a, a, a, a); strings.Contains(out, canary) {
				t.Fatalf("%q prints as %s", raw, out)
			}
		}
	})
}
