package migrate_test

import (
	"testing"

	"github.com/celerysalt/salt/salttest"
)

func TestSignUp(t *testing.T) {
	bus := salttest.New(t) // in this process; salttest.On(transport) for RabbitMQ
	mailWelcome(bus.Bus)
	bus.Start(t)

	if err := signUp(t.Context(), bus.Bus); err != nil {
		t.Fatal(err)
	}
	bus.Settle(t) // every handler has ended

	if sent := salttest.Published[UserSignup](t, bus); len(sent) != 1 || sent[0].Email != "ann@example.com" {
		t.Errorf("published %v, want one signup of ann", sent)
	}
	if failed := bus.Failures(); len(failed) > 0 {
		t.Error(failed)
	}
}
