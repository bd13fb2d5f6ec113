package logline

// Kept returns how many reasons d knows.
func Kept(d *Decoder) int { return len(d.reasons.order) }
