// Package human writes figures the way people read them at a glance: three digits that matter, the unit beside them, and
// one form for each quantity everywhere.
//
// The Append functions append to dst and return it, as those of strconv do, so that a table of a thousand cells makes no
// garbage. The package imports nothing of errtop and keeps no state.
package human

import "strconv"

// AppendCount writes 0…9999 as they are, then 12.3k, 4.56M, 7.89G.
func AppendCount(dst []byte, n uint64) []byte {
	switch {
	case n < 10_000:
		return strconv.AppendUint(dst, n, 10)
	case n < 999_950:
		return append(appendThree(dst, float64(n)/1e3), 'k')
	case n < 999_950_000:
		return append(appendThree(dst, float64(n)/1e6), 'M')
	default:
		return append(appendThree(dst, float64(n)/1e9), 'G')
	}
}

// AppendRate writes a rate with one decimal below a thousand: 0.4, 60.0, 1234, 12.3k.
func AppendRate(dst []byte, r float64) []byte {
	if r < 999.95 {
		return strconv.AppendFloat(dst, r, 'f', 1, 64)
	}
	return AppendCount(dst, uint64(r+0.5))
}

// AppendRoughRate writes a rate with two digits, for what was not watched long enough to know more: 0.43, 7.3, 250, 12k.
func AppendRoughRate(dst []byte, r float64) []byte {
	switch {
	case r < 0.005:
		return append(dst, '0')
	case r < 0.995:
		return strconv.AppendFloat(dst, r, 'f', 2, 64)
	case r < 9.95:
		return strconv.AppendFloat(dst, r, 'f', 1, 64)
	}
	n, unit := uint64(r+0.5), uint64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	n = (n + unit/2) / unit * unit
	if n < 10_000 {
		return strconv.AppendUint(dst, n, 10)
	}
	for _, s := range [...]struct {
		below, of uint64
		sign      byte
	}{{1e6, 1e3, 'k'}, {1e9, 1e6, 'M'}, {^uint64(0), 1e9, 'G'}} {
		if n < s.below {
			return append(strconv.AppendFloat(dst, float64(n)/float64(s.of), 'g', 2, 64), s.sign)
		}
	}
	return dst
}

// appendThree writes three significant digits of a number below 1000.
func appendThree(dst []byte, x float64) []byte {
	switch {
	case x < 9.995:
		return strconv.AppendFloat(dst, x, 'f', 2, 64)
	case x < 99.95:
		return strconv.AppendFloat(dst, x, 'f', 1, 64)
	default:
		return strconv.AppendFloat(dst, x, 'f', 0, 64)
	}
}

// AppendPercent writes a share in [0, 1] as a percentage with one decimal and without its sign. It never rounds a failure
// away: 0.04 % is "<0.1". From 99.95 % on it is "100".
func AppendPercent(dst []byte, ratio float64) []byte {
	percent := ratio * 100
	switch {
	case percent > 0 && percent < 0.05:
		return append(dst, "<0.1"...)
	case percent >= 99.95:
		return append(dst, "100"...)
	default:
		return strconv.AppendFloat(dst, percent, 'f', 1, 64)
	}
}

// AppendThousands writes a count in full, with commas: 1,234,567.
func AppendThousands(dst []byte, n uint64) []byte {
	if n < 1000 {
		return strconv.AppendUint(dst, n, 10)
	}
	rest := n % 1000
	return append(AppendThousands(dst, n/1000), ',', byte('0'+rest/100), byte('0'+rest/10%10), byte('0'+rest%10))
}

// Thousands is [AppendThousands] as a string.
func Thousands(n uint64) string {
	var room [32]byte // spares an allocation
	return string(AppendThousands(room[:0], n))
}

// Count is [AppendCount] as a string.
func Count(n uint64) string {
	var room [32]byte // spares an allocation
	return string(AppendCount(room[:0], n))
}

// Rate is [AppendRate] as a string.
func Rate(r float64) string {
	var room [32]byte // spares an allocation
	return string(AppendRate(room[:0], r))
}

// Percent writes a share in [0, 1] with its sign: "12.5 %", "<0.1 %", "100 %".
func Percent(ratio float64) string {
	var room [32]byte // spares an allocation
	return string(append(AppendPercent(room[:0], ratio), " %"...))
}

// Plural returns n things: "1 target", "3 targets".
func Plural(n int, thing string) string {
	if n == 1 {
		return "1 " + thing
	}
	return strconv.Itoa(n) + " " + thing + "s"
}
