package logline

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// A number is read the same way whether something follows it or not: with room after it, all of it is worked on
// at once.
func TestDecimalsAreReadAlikeWithAndWithoutRoom(t *testing.T) {
	r := rand.New(rand.NewPCG(9, 10))
	texts := []string{"", ".", "1.", ".5", "0", "00", "1..2", "1.2.3", "12a", "a", "-1", "1e3", "99999999", "9999999.", "0.000001", "1:2", "1/2", "\xb1", "1\xff"}
	for range 5000 {
		texts = append(texts, fmt.Sprintf("%.*f", r.IntN(5), r.ExpFloat64()*100))
		b := make([]byte, 1+r.IntN(8))
		for i := range b {
			b[i] = "0123456789.0123456789x"[r.IntN(22)]
		}
		texts = append(texts, string(b))
	}
	for _, text := range texts {
		tight := append(make([]byte, 0, len(text)), text...)
		roomy := append([]byte(text), "7.77,777"...)
		want, wantOK := parseDecimal(tight[:len(text):len(text)])
		if got, ok := parseDecimal(roomy[:len(text)]); ok != wantOK || ok && got != want {
			t.Errorf("%q is %+v %v, with room behind it %+v %v", text, want, wantOK, got, ok)
		}
	}
}
