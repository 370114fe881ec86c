package salttest_test

import (
	"context"
	"testing"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/salttest"
)

type UserSignup struct {
	Email string `json:"email" salt:"format=email"`
}

type WelcomeMailed struct {
	To string `json:"to"`
}

var (
	userSignup    = salt.DefineEvent[UserSignup]("salttest.user.signup")
	welcomeMailed = salt.DefineEvent[WelcomeMailed]("salttest.welcome.mailed")
)

// subscribe is the program under test.
func subscribe(bus *salt.Bus) {
	userSignup.Subscribe(bus, func(ctx context.Context, u *UserSignup) error {
		_, err := welcomeMailed.Publish(ctx, bus, &WelcomeMailed{To: u.Email})
		return err
	})
}

// TestWelcome is what a program's own test looks like.
func TestWelcome(t *testing.T) {
	bus := salttest.New(t) // salttest.On(transport) runs the same test on RabbitMQ
	subscribe(bus.Bus)
	bus.Start(t)

	if _, err := userSignup.Publish(t.Context(), bus, &UserSignup{Email: "ann@example.com"}); err != nil {
		t.Fatal(err)
	}
	bus.Settle(t) // all is handled, what handlers published included

	mails := salttest.Published[WelcomeMailed](t, bus)
	if len(mails) != 1 || mails[0].To != "ann@example.com" {
		t.Errorf("mails %v, want one to ann", mails)
	}
}
