package probe_test

import "errors"

// limitDescriptors fails: there is no such limit here.
func limitDescriptors(uint64) error { return errors.ErrUnsupported }
