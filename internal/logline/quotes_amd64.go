package logline

import "golang.org/x/sys/cpu"

// markQuotes is markQuotesGo, 64 bytes at once where the processor can.
func markQuotes(words *[maxQuoteWords + 1]uint64, line []byte) (odd bool) {
	if cpu.X86.HasAVX2 && cpu.X86.HasBMI2 {
		return markQuotesAVX2(words, line)
	}
	return markQuotesGo(words, line)
}

//go:noescape
func markQuotesAVX2(words *[maxQuoteWords + 1]uint64, line []byte) (odd bool)
