package migrate_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/inmem"
)

// A Mailer is the new service. As a shadow it hears everything and does nothing.
type Mailer struct {
	Shadow bool
	Mail   func(to string) error

	mu  sync.Mutex
	log bytes.Buffer
}

func (m *Mailer) Subscribe(bus *salt.Bus) {
	userSignup.Subscribe(bus, m.welcome, salt.Name("welcome"))
	if m.Shadow {
		// Sees the requests and does not answer: the old service does.
		salt.SubscribePattern(bus, "calculator.divide", m.watchDivide)
	} else {
		handleDivide(bus)
	}
}

func (m *Mailer) welcome(ctx context.Context, u *UserSignup) error {
	if m.Shadow {
		m.note("would mail to", u.Email) // with salt.Info(ctx).ID, to compare
		return nil
	}
	return m.Mail(u.Email)
}

func (m *Mailer) watchDivide(ctx context.Context, q *Divide) error {
	m.note("would divide", q.A, "by", q.B)
	return nil
}

func (m *Mailer) note(what ...any) {
	m.mu.Lock()
	defer m.mu.Unlock()
	fmt.Fprintln(&m.log, what...)
}

func Example_shadow() {
	ctx := context.Background()
	broker := inmem.NewBroker()
	open := func(service string, subscribe func(*salt.Bus)) *salt.Bus {
		bus, err := salt.Open(ctx, broker.Open(), &salt.Options{Service: service})
		if err != nil {
			panic(err)
		}
		subscribe(bus)
		if err := bus.Start(ctx); err != nil {
			panic(err)
		}
		return bus
	}
	old := open("mailer", func(bus *salt.Bus) { mailWelcome(bus); handleDivide(bus) })
	shadow := Mailer{Shadow: true}
	watching := open("mailer-go", shadow.Subscribe)

	if err := errors.Join(signUp(ctx, old), ask(ctx, old, 17, 5), broker.Settle(ctx)); err != nil {
		panic(err)
	}
	if err := errors.Join(old.Close(ctx), watching.Close(ctx)); err != nil {
		panic(err)
	}
	fmt.Print(shadow.log.String())
	// Unordered output:
	// welcome ann@example.com from web
	// 3 remainder 2
	// would mail to ann@example.com
	// would divide 17 by 5
}
