package tracker

// Each of these says where a shape ends that begins at i, and i where it does not begin there.

func (n *normaliser) email(i int) int {
	if !n.mail {
		return i
	}
	j := i
	for j < len(n.in) && (wordByte(n.in[j]) || n.in[j] == '.' || n.in[j] == '+' || n.in[j] == '-') {
		j++
	}
	if j == i || j >= len(n.in) || n.in[j] != '@' {
		return i
	}
	start, dots := j+1, 0
	for j = start; j < len(n.in) && (wordByte(n.in[j]) || n.in[j] == '-' || n.in[j] == '.' && j+1 < len(n.in) && wordByte(n.in[j+1])); j++ {
		if n.in[j] == '.' {
			dots++
		}
	}
	if dots == 0 {
		return i
	}
	return j
}

func (n *normaliser) uuid(i int) int {
	const length = 36
	if i+length > len(n.in) {
		return i
	}
	for k := range length {
		c := n.in[i+k]
		if k == 8 || k == 13 || k == 18 || k == 23 {
			if c != '-' {
				return i
			}
		} else if !hexByte(c) {
			return i
		}
	}
	if n.wordEnd(i+length) > i+length {
		return i
	}
	return i + length
}

// timestamp takes dates, times of day, and both with a zone, as RFC 3339 and most logs write them.
func (n *normaliser) timestamp(i int) int {
	j := n.layout(i, "0000-00-00")
	if j == i {
		j = n.layout(i, "0000/00/00")
	}
	if j == i {
		return n.timeOfDay(i)
	}
	if j < len(n.in) && (n.in[j]|0x20 == 't' || n.in[j] == ' ') {
		if k := n.timeOfDay(j + 1); k > j+1 {
			return k
		}
	}
	if n.wordEnd(j) > j {
		return i
	}
	return j
}

func (n *normaliser) timeOfDay(i int) int {
	j := n.layout(i, "00:00:00")
	if j == i {
		return i
	}
	if j+1 < len(n.in) && (n.in[j] == '.' || n.in[j] == ',') && digitByte(n.in[j+1]) {
		j = n.digits(j + 1)
	}
	if k := n.layout(j, "+00:00"); k > j {
		j = k
	} else if k := n.layout(j, "-00:00"); k > j {
		j = k
	} else if j < len(n.in) && n.in[j]|0x20 == 'z' {
		j++
	}
	if n.wordEnd(j) > j {
		return i
	}
	return j
}

// layout matches a text whose zeroes stand for digits.
func (n *normaliser) layout(i int, layout string) int {
	if i+len(layout) > len(n.in) {
		return i
	}
	for k := range len(layout) {
		if c := n.in[i+k]; layout[k] == '0' && !digitByte(c) || layout[k] != '0' && c != layout[k] {
			return i
		}
	}
	return i + len(layout)
}

// address takes IPv4 and IPv6 addresses, with a port or without.
func (n *normaliser) address(i int) int {
	j := n.ipv4(i)
	if j == i {
		j = n.ipv6(i)
	}
	if j == i {
		return i
	}
	if j+1 < len(n.in) && n.in[j] == ':' && digitByte(n.in[j+1]) {
		j = n.digits(j + 1)
	}
	if n.wordEnd(j) > j {
		return i
	}
	return j
}

func (n *normaliser) ipv4(i int) int {
	j := i
	for part := range 4 {
		if part > 0 {
			if j >= len(n.in) || n.in[j] != '.' {
				return i
			}
			j++
		}
		k := n.digits(j)
		if k == j || k > j+3 {
			return i
		}
		j = k
	}
	return j
}

// ipv6 takes at least two colons between groups of at most four hexadecimal digits, in brackets or not.
func (n *normaliser) ipv6(i int) int {
	j, bracket := i, n.in[i] == '['
	if bracket {
		j++
	}
	colons, digits, run := 0, 0, 0
	for ; j < len(n.in); j++ {
		if c := n.in[j]; c == ':' {
			colons++
			run = 0
		} else if hexByte(c) && run < 4 {
			run++
			digits++
		} else {
			break
		}
	}
	if !bracket && colons > 0 && n.in[j-1] == ':' && (j < 2 || n.in[j-2] != ':') {
		j, colons = j-1, colons-1 // the colon ends a clause
	}
	if colons < 2 || colons > 7 || digits == 0 {
		return i
	}
	if bracket {
		if j >= len(n.in) || n.in[j] != ']' {
			return i
		}
		j++
	}
	return j
}

// duration takes what Go, most libraries and people without a space write: 45s, 1m30s, 2.5ms.
func (n *normaliser) duration(i int) int {
	j := i
	for j < len(n.in) && digitByte(n.in[j]) {
		k := n.decimal(j)
		unit := n.unit(k)
		if unit == 0 {
			return i
		}
		j = k + unit
	}
	if j == i || n.wordEnd(j) > j {
		return i
	}
	return j
}

// unit returns the length of the unit of time at i.
func (n *normaliser) unit(i int) int {
	rest := n.in[i:]
	for _, unit := range [...]string{"ms", "ns", "us", "µs", "μs", "s", "m", "h", "d"} {
		if len(rest) >= len(unit) && rest[:len(unit)] == unit {
			return len(unit)
		}
	}
	return 0
}

func (n *normaliser) number(i int) int {
	j := n.decimal(i)
	if j == i || n.wordEnd(j) > j {
		return i
	}
	return j
}

// decimal takes digits with points and commas between them: "1,234.5".
func (n *normaliser) decimal(i int) int {
	j := n.digits(i)
	for j > i && j+1 < len(n.in) && (n.in[j] == '.' || n.in[j] == ',') && digitByte(n.in[j+1]) {
		j = n.digits(j + 1)
	}
	return j
}

func (n *normaliser) digits(i int) int {
	for i < len(n.in) && digitByte(n.in[i]) {
		i++
	}
	return i
}

// hash takes hexadecimal words: 0x and any digits, or at least eight of which one is a decimal digit.
func (n *normaliser) hash(i int) int {
	j := i
	prefixed := i+2 < len(n.in) && n.in[i] == '0' && n.in[i+1]|0x20 == 'x'
	if prefixed {
		j += 2
	}
	start, decimal := j, false
	for ; j < len(n.in) && hexByte(n.in[j]); j++ {
		decimal = decimal || digitByte(n.in[j])
	}
	if j == start || n.wordEnd(j) > j || !prefixed && (j-start < 8 || !decimal) {
		return i
	}
	return j
}

// id takes words that no person wrote: they begin with a digit, or mix letters with digits at length ("req_01HF3KZJ9").
func (n *normaliser) id(i int) int {
	j, digits := i, 0
	for ; j < len(n.in) && wordByte(n.in[j]); j++ {
		if n.in[j] >= 0x80 {
			return i
		}
		if digitByte(n.in[j]) {
			digits++
		}
	}
	length := j - i
	if digits == 0 || length < 3 {
		return i
	}
	if digitByte(n.in[i]) && length >= 4 || length >= 8 && digits >= 3 || length >= 16 && digits >= 2 || madeUp(n.in[i:j]) {
		return j
	}
	return i
}
