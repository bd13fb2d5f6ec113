package tracker

import (
	"testing"
	"time"
)

func TestCertificateExpiryIsKnownFromSuccesses(t *testing.T) {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	first, second := at.Add(9*24*time.Hour), at.Add(90*24*time.Hour)
	tr := New(Settings{})
	probe := func(origin Origin, expiry time.Time) {
		at = at.Add(time.Second)
		tr.Record(at, []Result{{Time: at, Target: "api", Status: 200, Origin: origin, Evidence: &Evidence{CertExpiry: expiry}}})
	}
	expiry := func() time.Time { return tr.Snapshot(at).Targets[0].CertExpiry }
	probe(OriginProbe, first)
	if got := expiry(); !got.Equal(first) {
		t.Errorf("after a success it is %v, want %v", got, first)
	}
	probe(OriginTraffic, second)
	if got := expiry(); !got.Equal(first) {
		t.Errorf("traffic says nothing of the certificate: %v", got)
	}
	probe(OriginProbe, time.Time{})
	if got := expiry(); !got.Equal(first) {
		t.Errorf("a probe that got no certificate leaves it: %v", got)
	}
	probe(OriginProbe, second)
	if got := expiry(); !got.Equal(second) {
		t.Errorf("the newest counts: %v, want %v", got, second)
	}
	other := New(Settings{})
	if err := other.Restore(at, tr.State(at, Part{})); err != nil {
		t.Fatal(err)
	}
	if got := other.Snapshot(at).Targets[0].CertExpiry; !got.Equal(second) {
		t.Errorf("after a restart it is %v, want %v", got, second)
	}
}
