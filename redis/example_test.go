package redis_test

import (
	"context"
	"fmt"
	"log"

	"github.com/celerysalt/salt/redis"
)

// The URL is that of Celery's setting result_backend. The results go to the
// bus, which closes them: salt.Open(ctx, transport, &salt.Options{Results: results}).
func ExampleOpen() {
	results, err := redis.Open("redis://:secret@localhost:6379/0", nil)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(results)

	if err := results.Close(context.Background()); err != nil {
		log.Fatal(err)
	}
	// Output: redis results at redis://localhost:6379/0
}
