package logline

import (
	"bytes"
	"hash/maphash"

	"errtop/tracker"
)

// MaxLabel bounds a label's value, in bytes.
const MaxLabel = 64

// maxLabelSets bounds the sets of labels that are remembered.
const maxLabelSets = 4096

// labelSets keeps one set of labels for each that it sees. The zero value is ready.
type labelSets struct {
	known map[uint64]*tracker.Labels // by a hash of the texts as they stood in the log
	seed  maphash.Seed
}

// of returns the labels of d's record, or nil if it has none: host, upstream, client, version, region and the agent's family.
func (s *labelSets) of(d *Decoder, host []byte) *tracker.Labels {
	r := &d.Rec
	const labelled = 1<<FieldUpstream | 1<<FieldAgent | 1<<FieldClient | 1<<FieldVersion | 1<<FieldRegion
	if len(host) == 0 && r.set&labelled == 0 {
		return nil
	}
	if s.known == nil || len(s.known) >= maxLabelSets {
		s.known, s.seed = map[uint64]*tracker.Labels{}, maphash.MakeSeed()
	}
	var h maphash.Hash
	h.SetSeed(s.seed)
	texts := [...][]byte{host, r.Text(FieldUpstream), r.Text(FieldClient), r.Text(FieldVersion), r.Text(FieldRegion), r.Text(FieldAgent)}
	for _, text := range texts {
		_, _ = h.Write(text) // never fails
		_ = h.WriteByte(0xff)
	}
	key := h.Sum64()
	labels, ok := s.known[key]
	if !ok {
		labels = makeLabels(d, texts)
		s.known[key] = labels
	}
	return labels
}

// makeLabels makes the labels of these texts, or nil if they say nothing.
func makeLabels(d *Decoder, texts [6][]byte) *tracker.Labels {
	var labels tracker.Labels
	add := func(name, value string) {
		if value != "" && value != "-" {
			labels = append(labels, tracker.Label{Name: name, Value: value})
		}
	}
	safe := func(text []byte) string {
		if len(text) == 0 || len(text) > MaxLabel {
			return ""
		}
		return SafeLine(text, MaxLabel)
	}
	add("host", safe(hostName(texts[0])))
	add("upstream", safe(texts[1]))
	if client := texts[2]; len(client) > 0 && !isAddress(client) {
		add("client", safe(client))
	}
	if version := texts[3]; len(version) > 1 && !bytes.HasPrefix(version, []byte("HTTP")) {
		add("version", safe(version))
	}
	add("region", safe(texts[4]))
	if len(texts[5]) > 0 {
		add("agent", d.agentOf(texts[5]).family)
	}
	if labels == nil {
		return nil
	}
	return &labels
}
