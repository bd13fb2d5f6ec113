package stats

import "errtop/internal/logline"

// batchSize is how many successes are read before they are counted.
const batchSize = 64

// successes counts the successes of a known shape that data holds from a place on, and returns where the next line starts.
func (w *statsWorker) successes(data []byte, at int) (next int, lines uint64) {
	if w.chosen != nil || w.tally.routes != nil {
		return at, 0 // who asks for more than totals needs whole records
	}
	for {
		n, next := w.decoder.Successes(&w.part, at, w.batch[:])
		w.tally.addSuccesses(w.decoder, &w.part, data, w.batch[:n])
		at = next
		if lines += uint64(n); n < len(w.batch) { //nolint:gosec // not negative
			return at, lines
		}
	}
}

// addSuccesses counts successes that were read from data.
func (t *tally) addSuccesses(d *logline.Decoder, part *logline.Chunk, data []byte, batch []logline.Success) {
	for i := range batch {
		s := &batch[i]
		key := data[s.KeyLo:s.KeyHi]
		target, ok := t.recent.find(key, s.Key)
		if !ok {
			d.Recall(part, s)
			target = t.targetOf(d, key, s.Key)
		}
		target.count.requests++
		t.status[s.Status]++
		t.period.widen(logline.Moment{Sec: s.Sec, Nsec: s.Nsec})
		t.hourAt(s.Sec).requests++
		if s.Latency > 0 {
			t.latency.add(s.Latency)
		}
	}
	t.lines += uint64(len(batch))
	t.results += uint64(len(batch))
}
