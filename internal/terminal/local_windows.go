package terminal

func (l *Local) listen() {}

func (l *Local) unlisten() {}

// Suspend does nothing: Windows has no job control.
func (l *Local) Suspend(bool) error { return nil }
