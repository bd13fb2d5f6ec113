package logline

import "golang.org/x/sys/cpu"

// markBlocks is markBlocksGo, 64 bytes at once where the processor can.
func markBlocks(marks, data []byte) {
	if blocks := len(marks) >> 3; cpu.X86.HasAVX2 && blocks > 0 && len(data) >= 64*blocks {
		markBlocksAVX2(&marks[0], &data[0], blocks)
		return
	}
	markBlocksGo(marks, data)
}

//go:noescape
func markBlocksAVX2(marks *byte, data *byte, blocks int)
