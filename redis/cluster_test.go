package redis_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/celerysalt/salt"
	"github.com/celerysalt/salt/redis"
	"github.com/celerysalt/salt/salttest"
)

// startCluster starts three nodes that share the slots.
func startCluster(t *testing.T) []*server {
	t.Helper()
	nodes := make([]*server, 3)
	for i := range nodes {
		nodes[i] = startServer(t, "--cluster-enabled", "yes", "--cluster-node-timeout", "2000", "--cluster-require-full-coverage", "no")
	}
	ctx := patience(t)
	for i, n := range nodes {
		c := n.client()
		from, to := i*16384/3, (i+1)*16384/3-1
		if err := c.Do(ctx, "cluster", "addslotsrange", from, to).Err(); err != nil {
			t.Fatal(err)
		}
		if err := c.ClusterMeet(ctx, "127.0.0.1", fmt.Sprint(nodes[0].port)).Err(); err != nil {
			t.Fatal(err)
		}
	}
	for _, n := range nodes {
		c := n.client()
		eventually(t, "the cluster is whole", func() bool {
			info, err := c.ClusterInfo(ctx).Result()
			shards, err2 := c.ClusterShards(ctx).Result()
			return err == nil && err2 == nil && strings.Contains(info, "cluster_state:ok") && strings.Contains(info, "cluster_known_nodes:3") && len(shards) == 3
		})
	}
	return nodes
}

func clusterURL(nodes []*server) string {
	var hosts []string
	for _, n := range nodes {
		hosts = append(hosts, n.addr())
	}
	return "redis://" + strings.Join(hosts, ",")
}

func TestCluster(t *testing.T) {
	t.Parallel()
	nodes := startCluster(t)
	t.Run("suite", func(t *testing.T) {
		salttest.TestResultBackend(t, salttest.ResultFixture{Open: func(t *testing.T) salt.ResultBackend {
			t.Helper()
			r, err := redis.Open(clusterURL(nodes), nil)
			if err != nil {
				t.Fatal(err)
			}
			return r
		}})
	})
	t.Run("by one name", func(t *testing.T) {
		works(t, open(t, nodes[1].url()+"?cluster=true", nil), open(t, clusterURL(nodes), nil))
	})
	t.Run("a client of the caller's", func(t *testing.T) {
		c := goredis.NewClusterClient(&goredis.ClusterOptions{Addrs: []string{nodes[2].addr()}})
		defer c.Close()
		r := redis.New(c, nil)
		works(t, r, r)
		if err := r.Close(patience(t)); err != nil {
			t.Errorf("Close: %v", err)
		}
		if err := c.Ping(patience(t)).Err(); err != nil {
			t.Errorf("the caller's client was closed: %v", err)
		}
	})
	t.Run("a dead node", func(t *testing.T) { testDeadNode(t, nodes) })
}

// testDeadNode kills a node under callers that listen on all three, and answers
// what the living nodes keep.
func testDeadNode(t *testing.T, nodes []*server) {
	t.Helper()
	callers := make([]*redis.Results, 6)
	for i := range callers {
		callers[i] = open(t, clusterURL(nodes), hasty())
	}
	service := open(t, clusterURL(nodes), hasty())
	type call struct {
		req *salt.Message
		p   salt.PendingResult
	}
	var calls []call
	c := nodes[0].client()
	for i := 0; len(calls) < 30; i++ {
		req := request()
		if c.ClusterKeySlot(patience(t), "celery-task-meta-"+req.ID).Val() >= 16384*2/3 {
			continue // a key of the last node
		}
		calls = append(calls, call{req, await(t, callers[i%len(callers)], req.ID)})
	}
	nodes[2].kill()
	for _, c := range calls {
		if err := service.Store(patience(t), c.req, answer(c.req, `"kept"`)); err != nil {
			t.Fatalf("Store: %v", err)
		}
	}
	for _, c := range calls {
		wantBody(t, c.p, `"kept"`)
	}
}

// TestSentinel asks a Sentinel for the server, and follows it to another.
func TestSentinel(t *testing.T) {
	t.Parallel()
	first := startServer(t)
	second := startServer(t, "--replicaof", "127.0.0.1 "+fmt.Sprint(first.port), "--repl-diskless-sync-delay", "0")
	replica := second.client()
	eventually(t, "the replica follows", func() bool {
		return strings.Contains(replica.Info(patience(t), "replication").Val(), "master_link_status:up")
	})
	conf := filepath.Join(t.TempDir(), "sentinel.conf")
	lines := fmt.Sprintf("sentinel monitor mine 127.0.0.1 %d 1\nsentinel down-after-milliseconds mine 500\nsentinel failover-timeout mine 5000\n", first.port)
	if err := os.WriteFile(conf, []byte(lines), 0o600); err != nil {
		t.Fatal(err)
	}
	sentinel := startSentinel(t, conf)
	eventually(t, "the Sentinel knows the replica", func() bool {
		return strings.Contains(sentinel.client().Info(patience(t), "sentinel").Val(), "slaves=1")
	})
	o := hasty()
	o.MasterName = "mine"
	o.ConnectWait = 10 * time.Second // its first answers may take a while on a busy machine
	address := "sentinel://" + sentinel.addr() + "/0;sentinel://" + sentinel.addr() + "/0"
	caller, service := open(t, address, o), open(t, address, o)
	works(t, caller, service)

	req := request()
	p := await(t, caller, req.ID)
	first.kill()
	stored := make(chan error, 1)
	go func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		stored <- service.Store(ctx, req, answer(req, `"after the failover"`))
	}()
	wantBody(t, p, `"after the failover"`)
	if err := <-stored; err != nil {
		t.Errorf("Store: %v", err)
	}
}
