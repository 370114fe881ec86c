package migrate_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
)

type UserSignup struct {
	UserID int64  `json:"user_id"`
	Email  string `json:"email"`
	Source string `json:"source,omitzero" salt:"default=web"`
}

var userSignup = salt.DefineEvent[UserSignup]("user.signup.completed")

func mailWelcome(bus *salt.Bus) {
	userSignup.Subscribe(bus, func(ctx context.Context, u *UserSignup) error {
		fmt.Println("welcome", u.Email, "from", u.Source)
		return nil
	})
}

func signUp(ctx context.Context, bus *salt.Bus) error {
	_, err := userSignup.Publish(ctx, bus, &UserSignup{UserID: 7, Email: "ann@example.com"})
	return err
}

func Example_simple() {
	onBus(mailWelcome, signUp)
	// Output: welcome ann@example.com from web
}
