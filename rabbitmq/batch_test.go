package rabbitmq

import (
	"testing"
	"time"

	"github.com/celerysalt/salt"
)

func TestSendBatchWaitsOnceForTheBroker(t *testing.T) {
	t.Parallel()
	tr := open(t, "amqp://guest:guest@127.0.0.1:1/", &Options{ConnectWait: 300 * time.Millisecond})
	b := &bed{topic: fresh("topic")}
	ms := make([]*salt.Message, 5000)
	for i := range ms {
		ms[i] = b.event()
	}
	began := time.Now()
	for _, err := range tr.SendBatch(within(t, 3*time.Second), ms) {
		wantPublishError(t, err, salt.Refused, salt.ErrUnavailable)
	}
	if took := time.Since(began); took > 3*time.Second {
		t.Errorf("a batch without a broker took %v", took)
	}
}
