//go:build !linux

package fleet

import (
	"testing"
	"time"
)

// processorTime is only known on Linux.
func processorTime(testing.TB) time.Duration { return 0 }
