package tracker

import "testing"

// TestNamesOfErrorClassesAreExceptions holds what a text says by the name of a class, in the languages that have such names.
func TestNamesOfErrorClassesAreExceptions(t *testing.T) {
	for text, want := range map[string]CauseClass{
		"ValueError: invalid literal for int() with base 10": CauseException,
		"RuntimeError: dictionary changed size":              CauseException,
		"payments.models.LedgerError: unbalanced":            CauseException,
		"Money::CurrencyError (unknown currency)":            CauseException,
		"failed: JSONDecodeError: Expecting value":           CauseException,
		"Error: something":                                   CauseUnknown,
		"InternalServerError":                                CauseUnknown,
		"ConnectionError: gone":                              CauseUnknown,
		"APIError: 502":                                      CauseUnknown,
		"an Error happened":                                  CauseUnknown,
		"TimeoutError: 30 s":                                 CauseTimeout,
	} {
		if got := causeOfWords(text); got != want {
			t.Errorf("%q: %s, want %s", text, got, want)
		}
	}
}
