package cli

import "testing"

func TestLinesAndSymbolsAreASCIIWhereNothingElseWouldArrive(t *testing.T) {
	t.Parallel()
	yes, no := true, false
	for _, c := range []struct {
		env  map[string]string
		said *bool
		want bool
	}{
		{env: nil},
		{env: map[string]string{"LANG": "C"}, want: true},
		{env: map[string]string{"LANG": "POSIX"}, want: true},
		{env: map[string]string{"LANG": "C.UTF-8"}},
		{env: map[string]string{"LANG": "C.utf8"}},
		{env: map[string]string{"LANG": "en_US.UTF-8"}},
		{env: map[string]string{"LANG": "de_DE.UTF-8@euro"}},
		{env: map[string]string{"LANG": "UTF-8"}}, // macOS over SSH
		{env: map[string]string{"LANG": "de_DE"}},
		{env: map[string]string{"LANG": "de_DE@euro"}, want: true},
		{env: map[string]string{"LANG": "de_DE.ISO-8859-1"}, want: true},
		{env: map[string]string{"LANG": "ja_JP.eucJP"}, want: true},
		{env: map[string]string{"LC_ALL": "C", "LANG": "en_US.UTF-8"}, want: true},
		{env: map[string]string{"LC_ALL": "", "LC_CTYPE": "C", "LANG": "en_US.UTF-8"}, want: true},
		{env: map[string]string{"LC_ALL": "en_US.UTF-8", "LC_CTYPE": "C", "LANG": "C"}},
		{env: map[string]string{"LC_CTYPE": "C.UTF-8", "LANG": "C"}},
		{env: map[string]string{"LC_MESSAGES": "C", "LANG": "en_US.UTF-8"}},
		{env: map[string]string{"LANG": "C"}, said: &no},
		{env: map[string]string{"LANG": "en_US.UTF-8"}, said: &yes, want: true},
		{env: map[string]string{"LANG": "en_US.UTF-8", "TERM": "linux"}, want: true},
		{env: map[string]string{"LANG": "en_US.UTF-8", "TERM": "vt220"}, want: true},
		{env: map[string]string{"LANG": "en_US.UTF-8", "TERM": "vt100"}, said: &no},
		{env: map[string]string{"LANG": "en_US.UTF-8", "TERM": "xterm"}},
	} {
		a := &app{Process: Process{LookupEnv: func(name string) (string, bool) { v, ok := c.env[name]; return v, ok }}}
		if got := a.asciiOnly(c.said); got != c.want {
			t.Errorf("with %v and %v said it is %v", c.env, c.said, got)
		}
	}
}
