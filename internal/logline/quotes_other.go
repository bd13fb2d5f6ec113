//go:build !amd64

package logline

func markQuotes(words *[maxQuoteWords + 1]uint64, line []byte) (odd bool) {
	return markQuotesGo(words, line)
}
