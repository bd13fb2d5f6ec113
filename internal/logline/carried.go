package logline

import (
	"bytes"
	"strconv"
)

// jsonLine reads a line that should be a JSON object. One that carries another line is read as that one.
func (d *Decoder) jsonLine(line []byte, depth int) (v LineKind, reason string) {
	if reason = d.json.scan(line, &d.Rec); reason != "" {
		if d.mended, d.isMended = mend(d.mended[:0], line); !d.isMended {
			return LineUnreadable, reason
		}
		d.Rec.reset(d.mended)
		if d.json.scan(d.mended, &d.Rec) != "" {
			d.isMended = false
			return LineUnreadable, reason
		}
	}
	return d.scanned(depth)
}

// scanned returns what a JSON object says whose fields stand in d.Rec.
func (d *Decoder) scanned(depth int) (v LineKind, reason string) {
	if reason = d.Rec.complete(&d.clock); d.Rec.Has(FieldStage) && isBeginning(d.Rec.Text(FieldStage)) {
		return LineBlank, ""
	}
	if reason == "" {
		return LineResult, ""
	}
	if depth == maxWraps {
		return LineUnreadable, reason
	}
	return d.carried(depth, reason)
}

// isBeginning reports whether a line says of a request only that it came, or that its answer has begun; another line says how it
// ended.
func isBeginning(stage []byte) bool {
	switch string(stage) {
	case "RequestReceived", "ResponseStarted", "REQUEST": // Kubernetes' audit log, Cilium's Hubble
		return true
	}
	return false
}

// carried reads the line that a JSON object carries, which does not belong to a request, for a reason: any under a key that is made for it, and
// one that starts like no ordinary message under a message's.
func (d *Decoder) carried(depth int, reason string) (v LineKind, why string) {
	text, wrapping := d.Rec.Text(FieldLine), d.Rec.Has(FieldLine)
	if !wrapping {
		if text = d.Rec.Text(FieldMessage); !d.startsKnown(text) && !holdsAccess(text) && !isMorgan(text) {
			return LineUnreadable, reason
		}
	} else if d.Rec.span[FieldLine].meta.form() == formRaw {
		if text = bytesOfNumbers(text); text == nil {
			return LineUnreadable, reason
		}
	}
	carried := stamped{Moment: Moment{d.Rec.Sec, d.Rec.Nsec}, known: d.Rec.HasTime, piece: lastPiece}
	if wrapping && len(text) >= dockerPiece && text[len(text)-1] != '\n' {
		carried.piece = firstPiece
	}
	inner, whole := d.join(bytes.Clone(text), carried)
	if !whole {
		return LineBlank, ""
	}
	inner = bytes.TrimRight(inner, "\r\n")
	sec, nsec, known := d.Rec.Sec, d.Rec.Nsec, d.Rec.HasTime
	if wrapping {
		v, why = d.wrapped(inner, depth+1)
	} else {
		d.Rec.reset(inner)
		if v, why = d.bare(inner, depth+1); v == LineUnreadable {
			d.Rec.reset(inner)
			if v, why = d.console(inner, &d.Rec); v == LineResult {
				d.Format = Console
			}
		}
	}
	if v == LineResult && !d.Rec.HasTime {
		d.Rec.Sec, d.Rec.Nsec, d.Rec.HasTime = sec, nsec, known
	}
	if v == LineUnreadable {
		if wrapping {
			reason = "JSON around another line: " + why
		}
		return v, reason
	}
	return v, ""
}

// bytesOfNumbers returns the text that journald writes as an array of its bytes where they are not UTF-8, or nil if there is none.
func bytesOfNumbers(raw []byte) []byte {
	out := make([]byte, 0, len(raw)/3)
	for number := range bytes.SplitSeq(bytes.Trim(raw, "[]"), []byte{','}) {
		n, err := strconv.ParseUint(string(bytes.TrimSpace(number)), 10, 8)
		if err != nil {
			return nil
		}
		out = append(out, byte(n))
	}
	return out
}
