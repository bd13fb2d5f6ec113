package tracker

import "time"

// What the tracker remembers is cut in steps: 10 s for the last hour, a minute for the last 24 hours.
const (
	stepLength     = 10 * time.Second
	stepsPerMinute = int64(time.Minute / stepLength)
	stepsPerHour   = int64(time.Hour / stepLength)
	minutesPerDay  = 24 * 60

	futureSlack = time.Minute // further ahead of the clock than this is skew
	backSlack   = time.Minute // a clock that goes back by less stands still instead
)

// An instant is a moment in nanoseconds since 1970, never before and never after what it can hold: times of year 1 and 9999
// become its ends. The zero instant also means "never".
type instant int64

const (
	earliest = 631152000  // 1990-01-01, in Unix seconds: no result is older
	latest   = 7258118400 // 2200-01-01, in Unix seconds: no result is newer
	lastUnix = 9000000000 // 2255, in Unix seconds: no clock is taken to be later
)

func instantOf(t time.Time) instant {
	sec := t.Unix()
	switch {
	case sec < 0:
		return 0
	case sec > lastUnix:
		return instant(lastUnix * time.Second)
	}
	return instant(sec*int64(time.Second) + int64(t.Nanosecond()))
}

func (i instant) step() int64                 { return int64(i) / int64(stepLength) }
func (i instant) minute() int64               { return int64(i) / int64(time.Minute) }
func (i instant) add(d time.Duration) instant { return i + instant(d) }

func (i instant) sub(other instant) time.Duration { return time.Duration(i - other) }

// startOf returns the moment at which a step begins.
func startOf(step int64) instant { return instant(step * int64(stepLength)) }

// A clock decides what moment is shown, and where on the time line each result belongs. Before anything is live it stands
// at the newest result (log time); from then on it is the caller's now.
type clock struct {
	at   instant // the moment shown; 0 before the first result
	live bool
	skew Skew

	now  instant // of the running call
	zone *time.Location
	last time.Time // the caller's now before, with its monotonic clock if it has one
}

// begin notes the caller's now, and returns where a live clock jumped: ahead, as the wall clock tells against the monotonic one,
// or so far back that what lies ahead of it must be forgotten.
func (c *clock) begin(now time.Time) (jump gap, jumped bool) {
	ahead := time.Duration(0)
	if !c.last.IsZero() {
		ahead = now.Round(0).Sub(c.last.Round(0)) - now.Sub(c.last) // 0 where there is no monotonic clock
	}
	c.last, c.now, c.zone = now, instantOf(now), now.Location()
	if !c.live {
		return gap{}, false
	}
	was := c.at
	if c.now < was.add(-backSlack) {
		c.at = c.now
		return gap{was, c.at, "the clock was set back by " + span(was.sub(c.at))}, true
	}
	c.at = max(c.at, c.now)
	if ahead < leastJump || was == 0 {
		return gap{}, false
	}
	return gap{c.at.add(-ahead), c.at, "the clock jumped ahead by " + span(ahead) + ": the machine was suspended, or the clock was set"}, true
}

// goLive makes the clock follow the caller's now for good.
func (c *clock) goLive() {
	if !c.live {
		c.live = true
		c.at = max(c.at, c.now)
	}
}

// fix returns where on the time line a result of time t belongs, and moves log time on. Stamps that cannot be right are
// counted and put at the clock; late reports true for one that is too old to be counted anywhere.
func (c *clock) fix(t time.Time) (at instant, late bool) {
	sec := t.Unix()
	if sec < earliest || sec >= latest {
		c.skew.Impossible++
		return c.standIn(), false
	}
	at = instant(sec*int64(time.Second) + int64(t.Nanosecond()))
	if at > c.at {
		switch {
		case at > c.now.add(futureSlack):
			c.skew.Future++
			return c.standIn(), false
		case c.live:
			return c.at, false
		default:
			c.at = at
			return at, false
		}
	}
	if at.minute() <= c.at.minute()-minutesPerDay {
		c.skew.Late++
		return at, true
	}
	return at, false
}

// standIn is the moment given to results whose own is unusable.
func (c *clock) standIn() instant {
	if c.at == 0 {
		c.at = c.now
	}
	return c.at
}

// shown is the moment that a snapshot is of.
func (c *clock) shown() instant {
	if c.at == 0 {
		return c.now
	}
	return c.at
}

// oldest is the first minute remembered.
func (c *clock) oldest() int64 { return c.shown().minute() - minutesPerDay + 1 }

// edge is the step that the windows end with. Before anything is known of the time it is 0 and not the caller's now, to which
// windows must not slide: the log that comes may be of yesterday.
func (c *clock) edge() int64 { return c.at.step() }

// time turns an instant back into a time in the caller's zone; never is the zero time.
func (c *clock) time(i instant) time.Time {
	if i == 0 {
		return time.Time{}
	}
	t := time.Unix(0, int64(i))
	if c.zone == nil {
		return t.UTC()
	}
	return t.In(c.zone)
}
