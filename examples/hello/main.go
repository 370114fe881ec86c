// Hello is the first program of the README: an event in the simple style.
package main

import (
	"context"
	"fmt"
	"log"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

type UserSignup struct {
	UserID int64  `json:"user_id" salt:"minimum=1"`
	Email  string `json:"email" salt:"format=email"`
}

var userSignup = salt.DefineEvent[UserSignup]("user.signup.completed")

func main() {
	ctx := context.Background()
	bus, err := salt.Open(ctx, inmem.New(), &salt.Options{Service: "mailer"})
	if err != nil {
		log.Fatal(err)
	}
	mailed := make(chan string, 1)
	userSignup.Subscribe(bus, func(ctx context.Context, u *UserSignup) error {
		mailed <- u.Email
		return nil
	})
	if err := bus.Start(ctx); err != nil { // a service that only listens calls Run
		log.Fatal(err)
	}
	if _, err := userSignup.Publish(ctx, bus, &UserSignup{UserID: 7, Email: "ann@example.com"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println("welcome,", <-mailed)
	if err := bus.Close(ctx); err != nil {
		log.Fatal(err)
	}
}
