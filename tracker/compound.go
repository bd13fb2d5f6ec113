package tracker

import "strings"

// Identifiers are often put together: a word that says what they are, a joint, and what tells one from the next: "shard_3",
// "cus_NffrFeUfNV2Hib", "ORD-2026-000017", "orders-66b6c48dd5-7xb2r". The word stays, the rest is folded, whatever its length.

// keptBefore are words whose number is part of a name and tells faults apart: versions, encodings, error codes, families of
// models. In lower case.
var keptBefore = map[string]bool{
	"utf": true, "iso": true, "sha": true, "md": true, "http": true, "tls": true, "ssl": true, "tlsv": true, "ipv": true, "x86": true,
	"amd": true, "arm": true, "v": true, "version": true, "rfc": true, "oauth": true, "base": true, "win": true, "aes": true, "rsa": true,
	"ora": true, "pls": true, "tns": true, "cve": true, "err": true, "error": true, "errno": true, "code": true, "sqlstate": true,
	"aadsts": true, "exit": true, "signal": true, "status": true,
}

// keptWords are words that look made up and are not.
var keptWords = map[string]bool{"utf8mb4": true, "utf8mb3": true, "log4j2": true, "https": true, "pgsql": true, "mssql": true, "grpcs": true}

// compoundEnd returns where the words end that start at i and are joined by "-".
func (n *normaliser) compoundEnd(i int) int {
	for {
		i = n.wordEnd(i)
		if i+1 >= len(n.in) || n.in[i] != '-' || !wordByte(n.in[i+1]) {
			return i
		}
		i++
	}
}

// startsCompound reports whether nothing is joined to the word at the current place from before.
func (n *normaliser) startsCompound() bool {
	if n.at == 0 {
		return true
	}
	c := n.in[n.at-1]
	return !wordByte(c) && c != '-' && c != '.' && c != '}'
}

// pod folds the name of a Kubernetes pod, if one starts here: the hash of its replica set, or the time of its job, and five
// characters of their own, or only these.
func (n *normaliser) pod() bool {
	end := n.compoundEnd(n.at)
	name := podOwner(n.in[n.at:end])
	if name == 0 {
		return false
	}
	n.out = append(append(n.out, n.in[n.at:n.at+name]...), "-{id}"...)
	n.at = end
	return true
}

// podOwner returns how long the part of a pod's name is that names its owner, 0 where s is not a pod's name.
func podOwner(s string) int {
	last := strings.LastIndexByte(s, '-')
	if last <= 0 || len(s)-last != 6 || !podRandom(s[last+1:]) {
		return 0
	}
	if before := strings.LastIndexByte(s[:last], '-'); before > 0 {
		switch hash := s[before+1 : last]; {
		case len(hash) >= 6 && len(hash) <= 10 && podRandom(hash), len(hash) >= 7 && len(hash) <= 10 && allDigits(hash):
			return before
		case len(hash) >= 8 && len(hash) <= 10 && allHex(hash): // as it was made before Kubernetes 1.8
			return before
		}
	}
	return last
}

// podRandom reports whether s is made of what Kubernetes makes suffixes of: no vowels, none of 0, 1 and 3
// (k8s.io/apimachinery/pkg/util/rand).
func podRandom(s string) bool {
	if keptWords[s] {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte("bcdfghjklmnpqrstvwxz2456789", s[i]) < 0 {
			return false
		}
	}
	return true
}

// underscored folds the word that starts here where it has parts joined by "_": a number behind a word becomes {n}, and with a
// part that no person wrote the whole word is {id}.
func (n *normaliser) underscored() bool {
	end := n.wordEnd(n.at)
	word := n.in[n.at:end]
	if strings.IndexByte(word, '_') <= 0 || !ascii(word) {
		return false
	}
	numbers := false
	for rest, before := word, ""; rest != ""; {
		part, more, _ := strings.Cut(rest, "_")
		switch {
		case allDigits(part):
			numbers = numbers || n.countsAfter(before, part)
		case madeUp(part) || len(part) >= 8 && allHex(part):
			n.out = append(n.out, "{id}"...)
			n.at = end
			return true
		}
		rest, before = more, part
	}
	if !numbers {
		return false
	}
	for rest, before := word, ""; rest != ""; {
		part, more, joint := strings.Cut(rest, "_")
		if allDigits(part) && n.countsAfter(before, part) {
			n.out = append(n.out, "{n}"...)
		} else {
			n.out = append(n.out, part...)
		}
		if joint {
			n.out = append(n.out, '_')
		}
		rest, before = more, part
	}
	n.at = end
	return true
}

// countsAfter reports whether a number behind a word tells one thing from another of its kind. In an answer to an invalid request
// a small one belongs to the name of a field: "address_line_2".
func (n *normaliser) countsAfter(word, number string) bool {
	if word == "" || keptBefore[strings.ToLower(word)] {
		return false
	}
	return !n.names || len(number) > 1
}

// errorCode returns where a code such as ORA-00942 ends that starts at i, and i where none does: it names the fault.
func (n *normaliser) errorCode(i int) int {
	word := n.wordEnd(i)
	if word == i || word+1 >= len(n.in) || n.in[word] != '-' || !digitByte(n.in[word+1]) || !keptBefore[strings.ToLower(n.in[i:word])] {
		return i
	}
	end := n.compoundEnd(i)
	if end-i > 24 {
		return i
	}
	return end
}

// madeUp reports whether no person wrote a word: letters and digits change often, or capitals stand where no name has them.
func madeUp(s string) bool {
	if len(s) < 4 || keptWords[s] || strings.IndexByte(s, '_') >= 0 {
		return false
	}
	digits, changes, humps := texture(s)
	switch {
	case digitByte(s[0]) && digits < len(s):
		return true
	case changes >= 3, len(s) >= 8 && digits >= 3 && digits < len(s), len(s) >= 16 && digits >= 2 && digits < len(s):
		return true
	case digits > 0 && len(s) >= 10 && humps >= 2:
		return true
	}
	return len(s) >= 12 && 4*humps >= len(s)
}

// texture counts, in a word, the digits, the changes between digits and others, and the capitals right after small letters.
func texture(s string) (digits, changes, humps int) {
	for i := range len(s) {
		c := s[i]
		if digitByte(c) {
			digits++
		}
		if i == 0 {
			continue
		}
		before := s[i-1]
		if digitByte(c) != digitByte(before) {
			changes++
		}
		if c-'A' < 26 && before-'a' < 26 {
			humps++
		}
	}
	return digits, changes, humps
}

// size takes an amount of data: 512MB, 1.5GiB, 10 kB.
func (n *normaliser) size(i int) int {
	j := n.decimal(i)
	if j == i {
		return i
	}
	if j < len(n.in) && n.in[j] == ' ' {
		j++
	}
	k := j
	if k < len(n.in) && strings.IndexByte("kKMGTP", n.in[k]) >= 0 {
		k++
		if k < len(n.in) && n.in[k] == 'i' {
			k++
		}
	}
	if k < len(n.in) && (n.in[k] == 'B' || n.in[k] == 'b') {
		k++
	} else if k-j < 2 {
		return i
	}
	if n.wordEnd(k) > k {
		return i
	}
	return k
}

// allDigits reports whether s is a whole number.
func allDigits(s string) bool {
	for i := range len(s) {
		if !digitByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// allHex reports whether s has hexadecimal digits only.
func allHex(s string) bool {
	for i := range len(s) {
		if !hexByte(s[i]) {
			return false
		}
	}
	return s != ""
}

// ascii reports whether s has no other characters.
func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
