package tui

import "os"

// signals are the ones the dashboard acts on itself: none here.
type signals struct{ resized, stops chan os.Signal }

func watchSignals(bool) *signals { return new(signals) }

func (s *signals) close() {}

// pause does nothing: there are no jobs here.
func (s *signals) pause(bool) error { return nil }
