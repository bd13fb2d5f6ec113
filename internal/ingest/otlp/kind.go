package otlp

import (
	"strings"

	"errtop/internal/logline"
	"errtop/tracker"
)

// typeWords are parts of error types, in lower case, as the conventions, .NET, Java and Python have them, the first that an error's
// type holds decides.
var typeWords = [...]struct {
	word string
	kind tracker.Kind
}{
	{"unknownhost", tracker.KindDNS},
	{"name_resolution", tracker.KindDNS},
	{"name_not_resolved", tracker.KindDNS},
	{"gaierror", tracker.KindDNS},
	{"dns", tracker.KindDNS},
	{"secure_connection", tracker.KindTLS},
	{"timeout", tracker.KindTimeout},
	{"taskcanceled", tracker.KindTimeout}, // what .NET makes of a timeout
	{"deadline", tracker.KindTimeout},
	{"cancel", tracker.KindClient}, // cancelled by the caller
	{"connectexception", tracker.KindConnect},
	{"noroutetohost", tracker.KindConnect},
	{"connectionerror", tracker.KindConnect},
	{"connection_error", tracker.KindConnect},
	{"connectorerror", tracker.KindConnect},
	{"proxy_tunnel_error", tracker.KindConnect},
	{"http_protocol_error", tracker.KindProtocol},
	{"response_ended", tracker.KindProtocol},
}

// kindOfError returns the kind of a request that failed without a status, by its error's type and a message.
func kindOfError(errorType, message string) tracker.Kind {
	low := strings.ToLower(errorType)
	for _, guess := range typeWords {
		if strings.Contains(low, guess.word) {
			return guess.kind
		}
	}
	return logline.KindOfFailure(errorType, message)
}
