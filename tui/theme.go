package tui

// themes returns the built-in themes: looks by token, in the spelling of [ParseStyle]. No theme sets what is behind ordinary
// text, so that the terminal's own background shows, whatever it is. Red and green never stand alone: healthy is a
// calm blue-green, failing a red that also differs in brightness, and every state has a symbol and a word.
func themes() map[string]map[string]string {
	return map[string]map[string]string{
		"dark": {
			"strong": "bold", "muted": "#9aa5b8", "faint": "#566074", "title": "bold #9fb4d8", "accent": "#7dcfff",
			"badge": "bold reverse", "selected": "on #2b3550", "banner": "bold #11151c on #ffcb6b",
			"failing": "#ff6e6e", "degraded": "#ffb454", "throttled": "#d2a6ff", "stale": "#a9b1c6", "ok": "#5fc9b8", "unknown": "#7d889c",
		},
		"light": {
			"strong": "bold", "muted": "#5a6372", "faint": "#a3abb8", "title": "bold #2f4a78", "accent": "#0063a8",
			"badge": "bold reverse", "selected": "on #d9e4f5", "banner": "bold #ffffff on #8a5a00",
			"failing": "#c4161c", "degraded": "#a15c00", "throttled": "#7b3fb5", "stale": "#5f6b7a", "ok": "#00766a", "unknown": "#78828f",
		},
		"high-contrast": {
			"strong": "bold", "title": "bold underline", "accent": "bold 14", "badge": "bold reverse", "selected": "reverse",
			"banner": "bold 0 on 11", "failing": "bold 9", "degraded": "bold 11", "throttled": "bold 13", "ok": "bold 14",
		},
		"mono": {
			"strong": "bold", "muted": "", "faint": "faint", "title": "bold underline", "accent": "underline", "badge": "bold reverse",
			"selected": "reverse", "banner": "bold reverse", "failing": "bold", "degraded": "bold", "throttled": "bold",
			"stale": "italic",
		},
	}
}
