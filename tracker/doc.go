// Package tracker keeps what happened: results in, statistics out.
//
// An [ErrorTracker] takes batches of [Result] and answers with a [Snapshot]: a picture of every target, group of errors,
// breaker and source, which owns its memory and may be read while the next results come in.
//
// It does no I/O, starts no goroutine and reads no clock: every method that needs the time is told it. It never blocks on
// who watches, and what it holds is bounded: see [Settings].
//
// # Time
//
// Once anything is live (a probe, or a source that says so) the moment shown is the caller's now. Before that it is the newest
// result's time, so that a log of yesterday is shown as of yesterday ("log time"). A stamp that cannot be right is counted in
// [Skew] and its result counted at the moment shown. A clock that goes back by more than a minute takes the windows along:
// what lies ahead of it is forgotten, what lies behind it stays as far as it is remembered. Results may come in any order: a
// log's present may be read before its past, which then counts in the windows and groups but moves no state and no breaker,
// and takes no newer error's place in the ring.
//
// # Windows
//
// Counts of the last minute, five minutes and hour slide by 10 s, those of the day by a minute; each window ends with the
// running step, which is not over yet. Latency quantiles are within 1.1 %; those of a minute and five minutes slide by 10 s, of
// an hour by a minute, of a day by a quarter of an hour. [LatencySeries] has them minute by minute for the hour and by quarters
// for the day. Results that were never sent, or are inconclusive because our own
// network looked down, are counted apart.
//
// # States
//
// Each origin of a target is judged by itself, and the worse of the two is the target's state. Traffic is failing where half
// of the requests of five minutes, or of the last one, failed, until that falls below a quarter or the last minute is nearly
// clean; degraded where 2 % and at least three failed, until it is below 1 %. Probes, and traffic of fewer than ten requests
// in five minutes, are judged by the last five outcomes: failing with four failures, degraded with two, ok again after at
// least three successes in a row. Throttled is either of them with 429 only, but for one failure in ten. A probe is stale
// after three intervals of silence, traffic after three times the longest gap of the last week or two, and at least five
// minutes (an hour, as long as fewer than twenty results came). No state is left for another more than twice a minute.
//
// Chance flips no state: a share counts only where one in a thousand would be as far from that of the hour before, and a run
// of successes ends trouble only where one in a hundred would be as long at the share that failed: six after six of ten.
//
// # Incidents
//
// States say how a target is now, incidents what happened. A target's own failures, its limits, its callers' mistakes, routes
// that do not exist, failed probes, slow answers and silence are held against its own past, minute by minute; what is
// significantly worse is part of an [Incident], and parts with one cause are one. Incidents are a function of what is
// counted: neither the order in which results come nor the moments at which somebody looks change them. They are remembered
// for 24 hours. See docs/INCIDENTS.md for the reasoning.
//
// # Groups
//
// Errors with one fingerprint are one group: see [Normalise] and [NormaliseRoute] for what is folded. A group is new for 15
// minutes, quiet after 15 minutes without an error, and regressed for an hour after it came back from an hour of silence. The
// first and the newest five errors of a group are kept after they have left the ring. Fingerprints are the same in every run.
//
// # States
//
// A [State] is everything that a tracker held at one moment, or a part of it, in a compact binary form with a version: made to
// be kept in a store or sent to another machine. A tracker that was restored from one goes on as if it had never stopped.
// [View] is the sum of the states of several processes. Positions that came with batches ([ErrorTracker.RecordBatch]) are saved
// together with the counts that they belong to.
//
// # Breakers
//
// A [Gate] decides whether a probe is sent, by the reference API's rules: OPEN on the fifth failure in a row, HALF_OPEN 60 s
// later, or when the API said to come back (at most an hour later), and then exactly one trial. The observed breaker runs the
// same rules over traffic; the reported one is what the application said of its own.
package tracker
