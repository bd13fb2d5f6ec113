package terminal

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"
)

// said is what terminals say without a key being pressed.
var said = map[string]string{
	"XTVERSION": "\x1bP>|XTerm(390)q\x1b\\", "DECRQSS": "\x1bP1$r0m\x1b\\", "XTGETTCAP": "\x1bP1+r544e=787465726d\x1b\\",
	"kitty graphics": "\x1b_Gi=31;OK\x1b\\", "privacy message": "\x1b^quit now\x1b\\", "start of string": "\x1bXq\x1b\\",
	"OSC 11, ST": "\x1b]11;rgb:1e1e/1e1e/2e2e\x1b\\", "OSC 10, BEL": "\x1b]10;rgb:cdcd/d6d6/f4f4\a", "OSC 52": "\x1b]52;c;cXV4eQ==\x1b\\",
	"DA1": "\x1b[?62;1;4c", "DA2": "\x1b[>41;390;0c", "DA3": "\x1bP!|00000000\x1b\\", "DECRPM": "\x1b[?2026;2$y", "kitty keyboard": "\x1b[?1u",
	"ANSI mode": "\x1b[4;2$y", "status": "\x1b[0n", "window": "\x1b[8;24;80t", "colour scheme": "\x1b[?997;1n", "private position": "\x1b[?12;40R",
}

// reader reads keys through a keyboard, byte by byte as they are released.
func reader(t *testing.T, keys io.Reader) (typed func() string, end func()) {
	t.Helper()
	k := NewKeyboard(keys, func(error) {})
	got := make(chan byte, 1<<16)
	done := make(chan struct{})
	go func() {
		defer close(done)
		buf := make([]byte, 256)
		for {
			n, err := k.Read(buf)
			for _, b := range buf[:n] {
				got <- b
			}
			if err != nil {
				return
			}
		}
	}()
	return func() string {
			synctest.Wait()
			var all []byte
			for len(got) > 0 {
				all = append(all, <-got)
			}
			return string(all)
		}, func() {
			_ = k.Close()
			<-done
		}
}

func TestWhatATerminalSaysIsNeverAKeyHoweverItIsCut(t *testing.T) {
	for name, reply := range said {
		for _, gap := range []time.Duration{0, 10 * time.Millisecond, 60 * time.Millisecond, 300 * time.Millisecond, time.Second} {
			for cut := 1; cut < len(reply); cut++ {
				synctest.Test(t, func(t *testing.T) {
					keys, typing := io.Pipe()
					typed, end := reader(t, keys)
					_, _ = io.WriteString(typing, reply[:cut])
					time.Sleep(gap)
					_, _ = io.WriteString(typing, reply[cut:]+"j")
					if got := typed(); got != "j" {
						t.Errorf("%s, cut after %d with a gap of %v: %q was taken for keys, want only j", name, cut, gap, got)
					}
					_ = typing.Close()
					end()
				})
			}
		}
	}
}

func TestAReplyByteByByteOverASlowLineIsNoKey(t *testing.T) {
	for name, reply := range said {
		for _, quiet := range []time.Duration{0, time.Hour} { // at the start, and long after it
			synctest.Test(t, func(t *testing.T) {
				keys, typing := io.Pipe()
				typed, end := reader(t, keys)
				time.Sleep(quiet)
				if quiet > 0 { // the line has shown that it is slow
					_, _ = io.WriteString(typing, "\x1b[?1")
					time.Sleep(60 * time.Millisecond)
					_, _ = io.WriteString(typing, "u")
				}
				for i := range len(reply) {
					time.Sleep(60 * time.Millisecond)
					_, _ = io.WriteString(typing, reply[i:i+1])
				}
				if got := typed(); got != "" {
					t.Errorf("%s after %v: %q was taken for keys", name, quiet, got)
				}
				_ = typing.Close()
				end()
			})
		}
	}
}

// Long after the start a lone escape is a key soon. If the rest of a reply follows it after all, nothing else of it is one.
func TestOnAFastLineOnlyWhatStandsAloneIsTakenForAKey(t *testing.T) {
	for name, reply := range said {
		for cut := 1; cut < len(reply); cut++ {
			synctest.Test(t, func(t *testing.T) {
				keys, typing := io.Pipe()
				typed, end := reader(t, keys)
				time.Sleep(time.Hour)
				_, _ = io.WriteString(typing, reply[:cut])
				time.Sleep(time.Second)
				_, _ = io.WriteString(typing, reply[cut:])
				want := ""
				if cut <= 2 { // escape, or alt with a key
					want = reply[:cut]
				}
				if got := typed(); got != want {
					t.Errorf("%s cut after %d: %q was taken for keys, want %q", name, cut, got, want)
				}
				_ = typing.Close()
				end()
			})
		}
	}
}

func TestKeysComeThroughAsTheyAreTyped(t *testing.T) {
	keysOf := []string{
		"q", "jjk", "\x1b[A", "\x1bOA", "\x1b[1;2A", "\x1b[<0;12;7M", "\x1b[5~", "\x1bj", "\x1b[[A", "\x03", "é日本",
		"\x1b[200~error ]52;c in \x1b]0;a title\x07 pasted\x1b[201~", "\x1b[200~\x1b[?25h\x1b[201~", "\x1b[Z", "\x1b[I", "\x1b[97;5u",
	}
	for _, quiet := range []time.Duration{0, time.Hour} {
		for _, keyed := range keysOf {
			synctest.Test(t, func(t *testing.T) {
				keys, typing := io.Pipe()
				typed, end := reader(t, keys)
				time.Sleep(quiet)
				_, _ = io.WriteString(typing, keyed)
				if got := typed(); got != keyed {
					t.Errorf("%q became %q", keyed, got)
				}
				_ = typing.Close()
				end()
			})
		}
	}
}

func TestALoneEscapeIsAKeySoon(t *testing.T) {
	for quiet, within := range map[time.Duration]time.Duration{0: pieceWait, time.Minute: escapeWait} {
		for _, key := range []string{"\x1b", "\x1b]", "\x1bP"} {
			synctest.Test(t, func(t *testing.T) {
				keys, typing := io.Pipe()
				typed, end := reader(t, keys)
				time.Sleep(quiet)
				_, _ = io.WriteString(typing, key)
				time.Sleep(within)
				if got := typed(); got != key {
					t.Errorf("%v after %q the keys are %q", within, key, got)
				}
				_ = typing.Close()
				end()
			})
		}
	}
}

// Somebody who presses escape and then ] or [ at a person's speed means both.
func TestEscapeAndThenABracketAreTwoKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keys, typing := io.Pipe()
		typed, end := reader(t, keys)
		time.Sleep(time.Minute)
		for _, key := range []string{"\x1b", "]", "]", "\x1b", "[", "q"} {
			_, _ = io.WriteString(typing, key)
			time.Sleep(150 * time.Millisecond)
		}
		if got := typed(); got != "\x1b]]\x1b[q" {
			t.Errorf("the keys are %q", got)
		}
		_ = typing.Close()
		end()
	})
}

func TestAStringWithoutAnEndIsDroppedAndKeysGoOn(t *testing.T) {
	for _, begun := range []string{"\x1bPq", "\x1b]11;rgb", "\x1b_G", "\x1b[?20"} {
		synctest.Test(t, func(t *testing.T) {
			keys, typing := io.Pipe()
			typed, end := reader(t, keys)
			_, _ = io.WriteString(typing, begun)
			time.Sleep(stringWait)
			_, _ = io.WriteString(typing, "q")
			if got := typed(); got != "q" {
				t.Errorf("two seconds after %q the keys are %q, want q", begun, got)
			}
			_, _ = io.WriteString(typing, begun+"\x03")
			if got := typed(); got != "\x03" {
				t.Errorf("ctrl+c inside %q gives %q", begun, got)
			}
			_ = typing.Close()
			end()
		})
	}
}

func FuzzNoByteIsLostOrHeldForEver(f *testing.F) {
	for _, reply := range said {
		f.Add([]byte(reply), uint8(3))
	}
	f.Fuzz(func(t *testing.T, in []byte, step uint8) {
		now := time.Date(2026, 11, 22, 14, 0, 0, 0, time.UTC)
		r := newReplies(now)
		var keys []byte
		for len(in) > 0 {
			n := min(int(step)+1, len(in))
			keys = r.feed(now, in[:n], keys)
			in = in[n:]
			now = now.Add(time.Duration(step) * 10 * time.Millisecond)
			if len(r.held) > 300 {
				t.Fatalf("%d bytes are held", len(r.held))
			}
		}
		now = now.Add(stringMost)
		before := len(r.expire(now, nil))
		if got := r.feed(now, []byte("q"), nil); string(got) != "q" && !r.paste {
			t.Fatalf("after %d released bytes q gives %q", before, got)
		}
	})
}

func TestAKeyboardLeavesNothingRunning(t *testing.T) {
	defer goleak.VerifyNone(t)
	keys, typing := io.Pipe()
	k := NewKeyboard(keys, func(error) {})
	_ = k.Close()
	if n, err := k.Read(make([]byte, 1)); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("a closed keyboard gives %d bytes and %v", n, err)
	}
	_ = typing.CloseWithError(fmt.Errorf("gone"))
}
