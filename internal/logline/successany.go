package logline

// anyOrderAt finds the values of the JSON line at a place whose shape is not known: a flat object of scalars, its keys in any order.
// It returns where the line ends and how it is read as a success, or -1 if it is no such object or a value needs a second look.
func (d *Decoder) anyOrderAt(c *Chunk, start int, values *[roles]value) (end int, p plan) {
	data := c.data
	i := start // at "{" or ","
	var fields uint64
	var hints uint32
	if data[start] != '{' {
		return -1, p
	}
	for {
		if i+32 > len(data) || i-start > MaxLine {
			return -1, p
		}
		open := skipBlanks(data, i+1)
		closing := c.next(open + 1)
		if data[open] != '"' || closing < 0 || data[closing] != '"' || closing+24 > len(data) {
			return -1, p
		}
		at := d.json.keys.find(data[open+1 : closing])
		hints |= at.meta.hintBit()
		means := fieldRoles[at.field&63]
		if !p.add(at, means, &fields) {
			return -1, p
		}
		if i = skipBlanks(data, closing+1); data[i] != ':' {
			return -1, p
		}
		v := &values[means]
		if i = scalarAt(c, skipBlanks(data, i+1), v); i < 0 || i+2 > len(data) {
			return -1, p
		}
		i = skipBlanks(data, i)
		switch {
		case i+1 >= len(data):
			return -1, p
		case data[i] == ',':
		case data[i] == '}' && data[i+1] == '\n':
			p.target = targetRole(fields)
			const needed uint64 = 1<<FieldTime | 1<<FieldStatus
			p.possible = fields&needed == needed && p.target != roleNone && hints>>hintTracing&1 == 0
			return i + 1, p
		default:
			return -1, p
		}
	}
}

// add notes a key with a role, and reports whether its value can be used as it is: as the only one of its field, and without any of the
// line's other values.
func (p *plan) add(at slot, means role, fields *uint64) bool {
	bit := uint64(1) << at.field
	if means == roleNone {
		return harmless&bit != 0
	}
	if *fields&bit != 0 {
		return false
	}
	*fields |= bit
	if means == roleStatus {
		return at.meta.rank() < levelRank
	}
	if means == roleDuration {
		p.duration, p.unit = true, at.meta.unit()
		return p.unit != unitGuess && at.meta.rank() < partRank && at.meta.parent() == 0
	}
	p.agent = p.agent || means == roleAgent
	return true
}

// scalarAt finds the string, number or word that starts at i and returns where it ends, with its quotes; -1 if a string holds an escape
// or none of them starts there.
func scalarAt(c *Chunk, i int, v *value) (end int) {
	data := c.data
	if i+8 > len(data) {
		return -1
	}
	if data[i] == '"' {
		closing := c.next(i + 1)
		if closing < 0 || data[closing] != '"' {
			return -1
		}
		v.lo, v.hi, v.text = i+1, closing, true
		return closing + 1
	}
	if end = shortNumberEnd(data, i); end < 0 {
		if end = longScalarEnd(data, i); end < 0 {
			return -1
		}
	}
	v.lo, v.hi, v.text = i, end, false
	return end
}

// skipBlanks returns the place of the first byte at or after i that is not a blank, or the last place of data.
func skipBlanks(data []byte, i int) int {
	for i < len(data)-1 && data[i] == ' ' {
		i++
	}
	return min(i, len(data)-1)
}

// targetRole returns the role of the value that the target follows from, of the fields that a line has.
func targetRole(fields uint64) role {
	for _, f := range [...]Field{FieldTarget, FieldService, FieldHost, FieldPath} {
		if fields>>f&1 != 0 {
			return fieldRoles[f]
		}
	}
	return roleNone
}
