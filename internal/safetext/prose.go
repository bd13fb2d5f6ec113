package safetext

import "strings"

// statusWords follow the name of a secret where a sentence speaks of the secret rather than tells it: "password is
// required", "token: invalid signature".
var statusWords = func() map[string]bool {
	words := map[string]bool{}
	for word := range strings.FieldsSeq(`
		a absent accepted access add after again all already also always an and any are as at auth authentication authorization bad be
		because been before being bucket but by can cannot cannot change check claim class code company configuration context could count
		created data date decode denied did differ different does doesn't don't empty encode end endpoint error errors exception exists
		expire expires expiry exchange fail failed fails failure false field fields file for format forbidden found from generation get
		good had has have header history hook id if in incorrect info input introspection invalid is isn't issue issuer it its key
		kind length lengths less limit limits list location lookup long malformed manager match max may me method min mismatch missing
		mode more must my name names need needed needs never new nil no none not null of off ok old on one only open optional or other
		our out over page parameter parse parser payload per permission policy present problem protected provider query quota read reader
		ready refresh refused rejected renewal request required requires reset response returned rotation rules same scope server service
		set shall short should signature since size so source state status still store string strength success
		successful successfully than that the then there this timeout to too true type unable unauthorized under undefined unknown
		unset until up update updates use used user username usage using valid validation value values vault verification verify version was
		weak well were what when where which while will with within without wrong yes you your
	`) {
		words[word] = true
	}
	return words
}()

// statusEndings are those of participles and of nouns of actions, which speak of a secret too: "expired", "missing".
var statusEndings = []string{"ed", "ing", "able", "ible", "ation", "n't"}

// statusWord reports whether word speaks of a secret rather than being one.
func statusWord(word string) bool {
	word = strings.ToLower(strings.Trim(word, `.,;:!?'"()[]{}<>-`))
	if word == "" || statusWords[word] {
		return true
	}
	if !onlyLetters(word) {
		return false
	}
	for _, end := range statusEndings {
		if len(word) > len(end)+1 && strings.HasSuffix(word, end) {
			return true
		}
	}
	return false
}

func onlyLetters(word string) bool {
	for i := range len(word) {
		if c := word[i] | 0x20; (c < 'a' || c > 'z') && word[i] != '\'' {
			return false
		}
	}
	return true
}

// looksSecret reports whether a word looks like a secret by itself: letters mixed with digits, or of mixed case, or long.
// Words that people write in prose and in paths ("oauth2", "TLSv1", "v2beta1", "10.0.0.1:80") do not.
func looksSecret(word string) bool {
	var lower, upper, digits, other int
	for i := range len(word) {
		switch c := word[i]; {
		case 'a' <= c && c <= 'z':
			lower++
		case 'A' <= c && c <= 'Z':
			upper++
		case '0' <= c && c <= '9':
			digits++
		default:
			other++
		}
	}
	letters := lower + upper
	switch {
	case len(word) < 6:
		return false
	case letters == 0:
		return other == 0 // "123456", but no address, no time
	case digits == 0 && upper == 0:
		return other == 0 && lower >= 24
	case digits == 0 && lower == 0:
		return other == 0 // "CANARY"; names of constants have underscores
	case digits == 0:
		return other == 0 && !capitalised(word) || lower+upper >= 24
	}
	return !numbered(word) && !version(word)
}

// version reports whether word is "HTTP/1.1".
func version(word string) bool {
	product, number, found := strings.Cut(word, "/")
	return found && onlyLetters(product) && strings.Trim(number, "0123456789.") == ""
}

// capitalised reports whether word is written as names and types are: "Password", "InvalidTokenError".
func capitalised(word string) bool {
	upper, run := 0, 0
	for i := range len(word) {
		if 'A' <= word[i] && word[i] <= 'Z' {
			upper++
			if run++; run > 5 {
				return false
			}
			continue
		}
		run = 0
	}
	return upper*3 <= len(word)
}

// numbered reports whether word is capitals, then small letters, then up to three digits, as names of versions and of algorithms
// are: "oauth2", "SHA256", "TLSv1", "node-17".
func numbered(word string) bool {
	head := strings.TrimRight(word, "0123456789")
	if len(word) >= 16 || len(word)-len(head) > 3 || len(head) < 3 {
		return false
	}
	head = strings.TrimLeft(head, "ABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return strings.TrimRight(head, "abcdefghijklmnopqrstuvwxyz-_./") == ""
}
