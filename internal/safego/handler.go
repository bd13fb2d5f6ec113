package safego

import "net/http"

// Handler is next for a server of ours: a panic in it goes to fail as a [PanicError], and the connection is cut. net/http
// alone would print the panic, over the screen, and go on. [http.ErrAbortHandler] stays what it is.
func Handler(next http.Handler, fail func(error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		aborted := false
		err := Catch(func() error {
			defer func() {
				if value := recover(); value != nil {
					if aborted = value == http.ErrAbortHandler; !aborted { //nolint:errorlint // net/http compares it so too
						panic(value)
					}
				}
			}()
			next.ServeHTTP(w, r)
			return nil
		})
		if err != nil {
			fail(err)
		}
		if err != nil || aborted {
			panic(http.ErrAbortHandler)
		}
	})
}
