//go:build !amd64

package logline

func markBlocks(marks, data []byte) { markBlocksGo(marks, data) }
