// Package logline understands one line of a log, or one set of named fields: it recognises the format, finds the values that
// say something about a request, and makes a [Record] of them, which becomes a tracker.Result.
//
// What leaves it is harmless and bounded: text has passed safetext, secrets are masked, strings may be kept. It opens nothing,
// waits for nothing and starts nothing; reading is internal/ingest's, counting internal/stats'.
package logline
