package recording

import (
	"fmt"

	"github.com/klauspost/compress/zstd"
)

// Pack compresses bytes that are kept in memory.
func Pack(b []byte) []byte {
	w, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		panic("BUG: the options of zstd: " + err.Error())
	}
	return w.EncodeAll(b, nil)
}

// Unpack returns what Pack was given.
func Unpack(b []byte) ([]byte, error) {
	r, err := zstd.NewReader(nil, zstd.WithDecoderConcurrency(1))
	if err != nil {
		panic("BUG: the options of zstd: " + err.Error())
	}
	defer r.Close()
	plain, err := r.DecodeAll(b, nil)
	if err != nil {
		return nil, fmt.Errorf("cannot unpack: %w", err)
	}
	return plain, nil
}
