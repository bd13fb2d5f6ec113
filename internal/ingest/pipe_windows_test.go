package ingest_test

import "errors"

// makePipe fails: there are no named pipes among the files here.
func makePipe(string) error { return errors.ErrUnsupported }
