package stats

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"errtop/internal/logline"
)

// What the users setting hides is not shown by --explain either.
func TestExplainHidesUsers(t *testing.T) {
	const line = `192.0.2.1 - marlene [25/Nov/2026:03:00:01 +0000] "GET /orders HTTP/1.1" 500 12` + "\n"
	for users, shown := range map[logline.Users]bool{"": true, logline.UsersShown: true, logline.UsersHashed: false, logline.UsersHidden: false} {
		var out bytes.Buffer
		input := Input{Name: "log", Open: func(context.Context) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(line)), nil }}
		if err := Explain(t.Context(), input, logline.Options{Users: users}, &out, 100); err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(out.String(), "user") || strings.Contains(out.String(), "marlene") != shown {
			t.Errorf("users %q: explained as\n%s", users, out.String())
		}
	}
}
