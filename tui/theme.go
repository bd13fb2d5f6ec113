package tui

// themes returns the built-in themes: looks by token, in the spelling of [ParseStyle]. No theme sets what is behind ordinary
// text, so that the terminal's own background shows, whatever it is. The colours are of the 256 that nearly every terminal
// has, so that the picture is the same with and without true colour. Red and green never stand alone: healthy is a calm
// blue-green, failing a red that also differs in brightness, and every state has a symbol and a word.
func themes() map[string]map[string]string {
	return map[string]map[string]string{
		"dark": {
			"strong": "bold", "muted": "246", "faint": "240", "title": "bold 110", "accent": "117",
			"badge": "bold 16", "selected": "on 237", "banner": "bold 16 on 221",
			"failing": "203", "degraded": "215", "throttled": "177", "stale": "152", "ok": "79", "unknown": "244",
		},
		"light": {
			"strong": "bold", "muted": "240", "faint": "248", "title": "bold 24", "accent": "25",
			"badge": "bold 231", "selected": "on 189", "banner": "bold 231 on 94",
			"failing": "160", "degraded": "130", "throttled": "91", "stale": "60", "ok": "30", "unknown": "242",
		},
		"high-contrast": {
			"strong": "bold", "title": "bold underline", "accent": "bold 14", "badge": "bold 0", "selected": "reverse",
			"banner": "bold 0 on 11", "failing": "bold 9", "degraded": "bold 11", "throttled": "bold 13", "stale": "bold 15", "ok": "bold 14",
		},
		"mono": {
			"strong": "bold", "faint": "faint", "title": "bold underline", "accent": "underline", "badge": "bold",
			"selected": "reverse", "banner": "bold reverse", "failing": "bold", "degraded": "bold", "throttled": "bold",
			"stale": "italic",
		},
	}
}

// sixteenColors is what every theme looks like where there are only 16 colours. Nobody knows what these are: a terminal's
// owner sets them, and what is behind them. So there are only such as differ from both black and white by 3 to 1 in the
// palettes of xterm and of the Linux console (no yellow, green, cyan or blue for text, no grey 8, which some palettes make
// the background), and bold makes them brighter; the rest is told apart by attributes, symbols and words.
func sixteenColors() map[string]string {
	return map[string]string{
		"strong": "bold", "faint": "faint", "title": "bold underline", "accent": "underline",
		"badge": "bold 15", "selected": "reverse", "banner": "bold reverse",
		"failing": "bold 1", "degraded": "bold 5", "throttled": "5", "stale": "faint", "unknown": "faint",
	}
}
