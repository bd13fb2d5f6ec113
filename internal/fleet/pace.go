package fleet

import "time"

// pace is how often a Publisher does what it does, and how long it waits for servers.
type pace struct {
	publish   time.Duration // between sums
	presence  time.Duration
	live      time.Duration
	retry     time.Duration // while something waits for a server
	look      time.Duration // how often it is asked whether somebody looks
	ack       time.Duration // for servers to confirm
	start     time.Duration // while logs are read, what is known changes fast
	reconnect time.Duration // between attempts, as much again at random
	ping      time.Duration // to a server; two that it does not answer end the connection
	// sync is how long JetStream may take to write what it has confirmed to the disk (sync_interval, two minutes by default), and as
	// much again: after a loss of power, what was confirmed within it may be gone (nats-server#7564).
	sync time.Duration
}

// usualPace is what every errtop runs at.
var usualPace = pace{
	publish: time.Minute, presence: 10 * time.Second, live: 2 * time.Second, retry: 5 * time.Second, look: 3 * time.Second,
	ack: 5 * time.Second, start: 30 * time.Second, reconnect: time.Second, ping: 10 * time.Second, sync: 5 * time.Minute,
}
