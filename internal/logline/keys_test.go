package logline

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestKeysAreFoundWhateverWasFoundBefore compares the remembered keys with the slow way, with keys that look alike to it.
func TestKeysAreFoundWhateverWasFoundBefore(t *testing.T) {
	table, err := newKeyTable(nil)
	if err != nil {
		t.Fatal(err)
	}
	keys := []string{"", "a", "status", "Status", "statusX", "request.headers.User-Agent", "request_id", "requestId", strings.Repeat("x", 300)}
	for i := range 3000 {
		keys = append(keys, fmt.Sprintf("prefix.%d.suffix", i), fmt.Sprintf("k%d", i))
	}
	r := rand.New(rand.NewPCG(3, 4))
	for range 20_000 {
		key := keys[r.IntN(len(keys))]
		text := []byte(key + `":1}`)[:len(key)] // with something behind it, or nothing
		if r.IntN(2) == 0 {
			text = []byte(key)[:len(key):len(key)]
		}
		if got, want := table.find(text), table.resolve([]byte(key)); got != want {
			t.Fatalf("%q: %+v, want %+v", key, got, want)
		}
	}
	if n := len(table.cache); n > maxKeyCache {
		t.Errorf("%d keys are kept", n)
	}
}
