package logline

import (
	"strconv"

	"errtop/tracker"
)

// grpcCodes are gRPC's status codes by number, with the kinds that their HTTP statuses have
// (https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto). A call that its own client cancelled is the client's.
var grpcCodes = [...]struct {
	name, constant string
	kind           tracker.Kind
}{
	{"OK", "OK", tracker.KindOK},
	{"Canceled", "CANCELLED", tracker.KindClient},
	{"Unknown", "UNKNOWN", tracker.KindServer},
	{"InvalidArgument", "INVALID_ARGUMENT", tracker.KindInvalid},
	{"DeadlineExceeded", "DEADLINE_EXCEEDED", tracker.KindTimeout},
	{"NotFound", "NOT_FOUND", tracker.KindNotFound},
	{"AlreadyExists", "ALREADY_EXISTS", tracker.KindClient},
	{"PermissionDenied", "PERMISSION_DENIED", tracker.KindForbidden},
	{"ResourceExhausted", "RESOURCE_EXHAUSTED", tracker.KindRateLimited},
	{"FailedPrecondition", "FAILED_PRECONDITION", tracker.KindInvalid},
	{"Aborted", "ABORTED", tracker.KindClient},
	{"OutOfRange", "OUT_OF_RANGE", tracker.KindInvalid},
	{"Unimplemented", "UNIMPLEMENTED", tracker.KindServer},
	{"Internal", "INTERNAL", tracker.KindServer},
	{"Unavailable", "UNAVAILABLE", tracker.KindServer},
	{"DataLoss", "DATA_LOSS", tracker.KindServer},
	{"Unauthenticated", "UNAUTHENTICATED", tracker.KindAuth},
}

// GRPCStatus returns the name of a gRPC status and the kind of its outcome. The text is its number or its name, as "14",
// "Unavailable" or "UNAVAILABLE".
func GRPCStatus(text string) (name string, kind tracker.Kind, ok bool) {
	if n, err := strconv.Atoi(text); err == nil {
		if n < 0 || n >= len(grpcCodes) {
			return "", 0, false
		}
		return grpcCodes[n].name, grpcCodes[n].kind, true
	}
	folded := foldKey(text)
	if folded == "cancelled" {
		folded = "canceled"
	}
	for _, c := range grpcCodes {
		if foldKey(c.name) == folded {
			return c.name, c.kind, true
		}
	}
	return "", 0, false
}

// completeGRPC takes the outcome of a gRPC call. HTTP carries every answer of gRPC's as 200, so its own status decides; another
// HTTP status is a proxy's.
func (r *Record) completeGRPC() bool {
	for ok := r.Has(FieldGRPC); ok; ok = r.useSpare(FieldGRPC) {
		_, kind, understood := GRPCStatus(string(r.Text(FieldGRPC)))
		if !understood {
			continue
		}
		if r.status != 0 && r.status != 200 {
			return false
		}
		r.Kind, r.status = kind, 200
		if kind.Failed() {
			r.status = 0
			if !r.Has(FieldError) || string(r.Text(FieldError)) == "-" {
				r.set |= 1 << FieldError
				r.span[FieldError] = r.span[FieldGRPC]
			}
		}
		return true
	}
	return false
}
