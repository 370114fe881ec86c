package salt_test

import (
	"context"
	"fmt"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// UserSignup is a payload: a plain struct with rules.
type UserSignup struct {
	UserID int64  `json:"user_id" salt:"minimum=1"`
	Email  string `json:"email" salt:"format=email"`
}

var userSignup = salt.DefineEvent[UserSignup]("user.signup.completed")

// An event from its definition to its handler, in the simple style.
func Example() {
	ctx := context.Background()
	transport := inmem.New() // or rabbitmq.Open(url, nil)
	bus, err := salt.Open(ctx, transport, &salt.Options{Service: "mailer"})
	if err != nil {
		panic(err)
	}
	userSignup.Subscribe(bus, func(ctx context.Context, u *UserSignup) error {
		fmt.Println("welcome,", u.Email)
		return nil
	})
	if err := bus.Start(ctx); err != nil {
		panic(err)
	}

	id, err := userSignup.Publish(ctx, bus, &UserSignup{UserID: 7, Email: "ann@example.com"})
	if err := transport.Broker().Settle(ctx); err != nil { // all that was published is handled
		panic(err)
	}
	fmt.Println("published:", id != "", err)

	_, err = userSignup.Publish(ctx, bus, &UserSignup{Email: "nowhere"})
	fmt.Println(err)

	if err := bus.Close(ctx); err != nil {
		panic(err)
	}
	// Output:
	// welcome, ann@example.com
	// published: true <nil>
	// payload of "user.signup.completed" v1 is invalid: /user_id: minimum: expected at least 1, got a smaller number; /email: format: expected an e-mail address, got string
}
