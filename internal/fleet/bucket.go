package fleet

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// bucketTTL is how long a key of the bucket holds: who told it must say it again before, or another watcher takes over.
const bucketTTL = 15 * time.Second

// bucketOf returns the name of the key-value store in which a team's watchers agree on who tells.
func bucketOf(team string) string { return "ERRTOP_" + strings.ToUpper(token(team)) }

// toldBucketOf returns the name of the key-value store of what was told.
func toldBucketOf(team string) string { return bucketOf(team) + "_TOLD" }

// ensureBuckets makes a team's key-value stores where there are none.
func ensureBuckets(ctx context.Context, conn *nats.Conn, s Settings) error {
	s = s.withDefaults()
	js, err := jetstream.New(conn)
	if err != nil {
		return fmt.Errorf("fleet: %w", err)
	}
	for _, config := range []jetstream.KeyValueConfig{
		{Bucket: bucketOf(s.Team), Description: "which of errtop's watchers of team " + s.Team + " tells", TTL: bucketTTL, Replicas: s.Replicas},
		{Bucket: toldBucketOf(s.Team), Description: "what errtop's watchers of team " + s.Team + " told", TTL: toldTTL, Replicas: s.Replicas},
	} {
		if _, err := js.KeyValue(ctx, config.Bucket); err == nil {
			continue
		}
		if _, err := js.CreateKeyValue(ctx, config); err != nil {
			return fmt.Errorf("fleet: make bucket %s: %w", config.Bucket, err)
		}
	}
	return nil
}
