package postgres_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"github.com/celerysalt/salt"
)

// TestForget: hosts that were not seen for 90 days go, others stay, and one that
// comes back is new.
func TestForget(t *testing.T) {
	t.Parallel()
	url, name := aside(t)
	r := open(t, url, nil)
	see := func(hosts ...string) {
		t.Helper()
		for _, host := range hosts {
			if err := r.See(patience(t), &salt.Participant{Topic: "a", Version: "v1", Role: salt.RoleSubscriber, Service: "s", Host: host}); err != nil {
				t.Fatal(err)
			}
		}
	}
	hosts := func() (all string) {
		t.Helper()
		for p, err := range r.Participants(patience(t), "a") {
			if err != nil {
				t.Fatal(err)
			}
			all += p.Host + " "
		}
		return all
	}
	see("dead", "old", "young")
	conn, err := pgx.Connect(patience(t), need(t, "SALT_TEST_POSTGRES_URL"))
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close(patience(t))
	if _, err := conn.Exec(patience(t), `update `+name+`.participants set last_seen = now() - (case host when 'dead' then 91 when 'old' then 89 else 0 end) * interval '1 day'`); err != nil {
		t.Fatal(err)
	}
	see("young")
	if got := hosts(); got != "dead old young " {
		t.Errorf("before it is time: %s", got)
	}
	r.ForgetNow()
	see("young")
	if got := hosts(); got != "old young " {
		t.Errorf("after 90 days: %s", got)
	}
	see("dead")
	if got := hosts(); got != "dead old young " {
		t.Errorf("come back: %s", got)
	}
}
