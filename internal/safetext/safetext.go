// Package safetext makes text that came from elsewhere harmless: for a terminal, for a file, for a person's eyes.
package safetext

import "strings"

// Line returns s as one line that is safe to draw.
func Line(s string) string { return strings.ToValidUTF8(s, "\ufffd") }

// Block returns s as lines, separated by \n, each safe to draw.
func Block(s string) string { return strings.ToValidUTF8(s, "\ufffd") }
