package logline

import "bytes"

// A container runtime cuts long lines: containerd and CRI-O mark each piece P but the last, which is F
// (https://github.com/kubernetes/design-proposals-archive/blob/main/node/kubelet-cri-logging.md); Docker's JSON log holds at most
// 16 KiB of a line, and only the last piece ends with a line feed.

// cutLine is what has come of a line so far.
type cutLine struct {
	text []byte
	at   stamped
}

// dockerPiece is how much of a line Docker puts into one record.
const dockerPiece = 16 << 10

// IsCutLog reports whether a log starts as container runtimes write them, which cut long lines: what belongs to one line must then
// be read by one decoder.
func IsCutLog(head []byte) bool {
	first, _, _ := bytes.Cut(head, []byte{'\n'})
	return isCRI(first) || bytes.HasPrefix(first, []byte(`{"log":"`))
}

// Continues reports whether the next line of a log goes on with this one.
func Continues(line []byte) bool {
	line = bytes.TrimSuffix(line, []byte{'\r'})
	if isCRI(line) {
		blank := bytes.IndexByte(line, ' ')
		return line[blank+8] == 'P'
	}
	return len(line) > dockerPiece && bytes.HasPrefix(line, []byte(`{"log":"`)) && !bytes.Contains(line, []byte(`\n","`))
}

// isCRI reports whether a line starts as containerd and CRI-O write it: "time stdout F ".
func isCRI(line []byte) bool {
	blank := bytes.IndexByte(line[:min(len(line), 40)], ' ')
	return blank > 18 && isISOTime(line) && len(line) > blank+9 && (string(line[blank+1:blank+8]) == "stdout " || string(line[blank+1:blank+8]) == "stderr ") && line[blank+9] == ' '
}

// join puts a piece to those before it. It returns the line with its last piece, and false before. What is longer than a line may
// be is cut there.
func (d *Decoder) join(text []byte, at stamped) (line []byte, whole bool) {
	p := &d.pieces[0]
	if at.error {
		p = &d.pieces[1]
	}
	if len(p.text) == 0 && at.piece == lastPiece {
		return text, true
	}
	if len(p.text) == 0 {
		p.at = at
	}
	p.text = append(p.text, text[:min(len(text), MaxLine-len(p.text))]...)
	if at.piece != lastPiece {
		return nil, false
	}
	line, p.text = p.text, nil
	d.rejoined, d.rejoinedAt = line, at
	return line, true
}
