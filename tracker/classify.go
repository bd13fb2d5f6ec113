package tracker

// ClassifyCause returns the class of cause that an error speaks of by itself, by its outcome and text, without what failing
// requests have in common. It returns [CauseUnknown] where the text says no more than the outcome.
func ClassifyCause(o Outcome, text string) CauseClass {
	switch o.Kind {
	case KindRateLimited:
		if containsAny(text, quotaWords) {
			return CauseQuota
		}
		return CauseUnknown
	case KindServer, KindTimeout, KindDNS, KindConnect, KindTLS, KindProtocol:
		words := causeOfWords(text)
		if words == CauseUnknown {
			return CauseUnknown
		}
		return classifyOwn(o, words)
	default:
		return CauseUnknown
	}
}
