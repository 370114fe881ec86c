// Command bench measures Salt beside raw amqp091-go on a real RabbitMQ.
//
// The two are compared like for like: the same bytes of body and headers, the
// same kind of queue, the same number of messages in flight. Rounds are
// interleaved, so that a slow moment of the machine hits both sides, and what
// is printed is the median of the ratios of the rounds. Absolute numbers say
// more about the machine than about either library.
//
//	make bench
//	SALT_TEST_AMQP_URL=amqp://… go -C bench run . -rounds 9 -time 3s -run publish
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime/pprof"
	"strings"
	"syscall"
	"time"

	amqp "github.com/rabbitmq/amqp091-go"
)

// settings of a run.
type settings struct {
	url      string
	rounds   int
	measure  time.Duration // of one cell that runs for a time
	messages int           // of one cell that runs for a number
	run      string        // part of a group's name
	cell     string        // part of a cell's name
	profile  string

	wire, bare amqp.Publishing // see prepare
}

func main() {
	var s settings
	flag.StringVar(&s.url, "url", os.Getenv("SALT_TEST_AMQP_URL"), "broker; default $SALT_TEST_AMQP_URL")
	flag.IntVar(&s.rounds, "rounds", 5, "interleaved rounds")
	flag.DurationVar(&s.measure, "time", time.Second, "length of one publish or RPC measurement")
	flag.IntVar(&s.messages, "messages", 8000, "messages of one consume measurement")
	flag.StringVar(&s.run, "run", "", "only the groups whose name contains this")
	flag.StringVar(&s.cell, "cell", "", "only the cells whose name contains this, without ratios")
	flag.StringVar(&s.profile, "cpuprofile", "", "write a CPU profile of the whole run to this file")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := bench(ctx, s)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// bench runs every group of cells and prints a table for each.
func bench(ctx context.Context, s settings) error {
	if s.url == "" {
		return fmt.Errorf("no broker: run `make bench`, or set SALT_TEST_AMQP_URL")
	}
	if s.profile != "" {
		f, err := os.Create(s.profile)
		if err != nil {
			return err
		}
		defer f.Close()
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if err := s.prepare(ctx); err != nil {
		return err
	}
	defer func() { _ = tidy(s) }() // the queues are in nobody's way
	begin := time.Now()
	for _, g := range groups(s) {
		if !strings.Contains(g.name, s.run) {
			continue
		}
		if err := g.measure(ctx, s.rounds, s.cell); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
		if err := g.print(os.Stdout); err != nil {
			return fmt.Errorf("%s: %w", g.name, err)
		}
	}
	fmt.Printf("%d rounds in %.0f s\n", s.rounds, time.Since(begin).Seconds())
	return nil
}

// groups lists what is measured. Cells of a group run after one another in
// every round; the first cell of a pair is what the second is compared to.
func groups(s settings) []*group {
	publish := &group{name: "publish, persistent, confirmed"}
	for _, n := range []int{1, 32, 256} {
		raw := publish.add(fmt.Sprintf("raw, %d goroutines, one channel", n), nil, func(ctx context.Context) (sample, error) {
			return rawPublish(ctx, s, n)
		})
		publish.add(fmt.Sprintf("salt.Publish, %d goroutines", n), raw, func(ctx context.Context) (sample, error) {
			return saltPublish(ctx, s, n)
		})
	}
	window := publish.add("raw, one goroutine, window 256", nil, func(ctx context.Context) (sample, error) {
		return rawPipeline(ctx, s, s.wire)
	})
	publish.add("salt.PublishAll, batches of 256", window, func(ctx context.Context) (sample, error) {
		return saltPublishAll(ctx, s)
	})
	publish.add("raw, window 256, bare JSON without Celery's envelope", window, func(ctx context.Context) (sample, error) {
		return rawPipeline(ctx, s, s.bare)
	})

	consume := &group{name: "consume, quorum queue, prefetch 256"}
	single := consume.add("raw, single acks, nothing decoded", nil, func(ctx context.Context) (sample, error) {
		return rawConsume(ctx, s)
	})
	consume.add("salt.Subscribe, decoded and validated", single, func(ctx context.Context) (sample, error) {
		return saltConsume(ctx, s)
	})

	rpc := &group{name: "rpc, direct reply-to"}
	for _, n := range []int{1, 64} {
		persistent := rpc.add(fmt.Sprintf("raw, %d callers, persistent", n), nil, func(ctx context.Context) (sample, error) {
			return rawRPC(ctx, s, n, true)
		})
		rpc.add(fmt.Sprintf("raw, %d callers, transient", n), persistent, func(ctx context.Context) (sample, error) {
			return rawRPC(ctx, s, n, false)
		})
		rpc.add(fmt.Sprintf("salt.Call, %d callers", n), persistent, func(ctx context.Context) (sample, error) {
			return saltRPC(ctx, s, n)
		})
	}
	return []*group{publish, consume, rpc}
}
