package ingest_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"errtop/internal/ingest"
)

// What says of itself that it is too large is refused before any of it is read, also where its sender waits to be asked for it.
func TestABodyThatSaysItIsTooLargeIsRefusedUnread(t *testing.T) {
	_, addr := listening(t, ingest.ListenOptions{Addr: "127.0.0.1:0"})
	for _, length := range []int64{8<<20 + 1, 99_999_999_999_999} {
		for _, path := range []string{"/v1/results", "/v1/marks", "/v1/traces"} {
			conn, err := net.Dial("tcp", addr)
			if err != nil {
				t.Fatal(err)
			}
			if err := conn.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := fmt.Fprintf(conn, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: %d\r\n\r\n", path, addr, length); err != nil {
				t.Fatal(err)
			}
			answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil {
				t.Fatal(err)
			}
			text, _ := io.ReadAll(answer.Body)
			_ = conn.Close()
			if answer.StatusCode != http.StatusRequestEntityTooLarge || !strings.Contains(string(text), "8 MiB") {
				t.Errorf("%s with %d bytes: %s %s", path, length, answer.Status, text)
			}
		}
	}
}
