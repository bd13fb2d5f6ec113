package tracker

import "strings"

// causeWords are what messages say where a cause is known, in lower case. The first class with a match counts: what is
// specific stands before what is said along with it ("timeout" while waiting for a connection pool).
var causeWords = [...]struct {
	class CauseClass
	words []string
}{
	{CauseTLSExpired, []string{
		"certificate has expired", "certificate expired", "cert_has_expired", "certificate_expired", "cert expired", "expired certificate",
		"certificate is expired", "certificate has expired or is not yet valid", "certificateexpiredexception",
	}},
	{CauseTLSHost, []string{
		"certificate is valid for", "altname_invalid", "hostname mismatch", "does not match certificate", "doesn't match certificate",
		"no alternative certificate subject name", "certificate is not valid for", "no subject alternative", "wrong host",
		"certificate is not valid for any names", "not match target host name", "name mismatch",
	}},
	{CauseTLSAuthority, []string{
		"unknown authority", "self-signed certificate", "self signed certificate", "self_signed_cert", "unable to get local issuer",
		"unable_to_get_issuer", "unable to verify the first certificate", "unable_to_verify_leaf", "unknown ca", "pkix path building failed",
		"certificate verify failed", "unable to get issuer certificate", "untrusted root",
	}},
	{CauseTLS, []string{"tls handshake", "ssl handshake", "handshake failure", "sslexception", "ssl_error", "tls: ", "wrong version number", "protocol version"}},
	{CauseDeadlock, []string{"deadlock", "40p01", "lock wait timeout", "could not serialize access", "ora-00060", "database is locked", "sqlite_busy", "lock timeout"}},
	{CauseDiskFull, []string{
		"no space left", "enospc", "disk full", "disk is full", "disk quota", "could not extend file", "out of disk", "read-only file system",
		"not enough space", "insufficient disk", "no disk space", "disk_full", "flood stage disk watermark", "volume is full",
	}},
	{CausePoolExhausted, []string{
		"connection pool", "pool exhausted", "exhausted pool", "pool is exhausted", "poolexhausted", "too many connections", "too many clients",
		"remaining connection slots", "queuepool limit", "hikaripool", "connection is not available", "no available connection", "max_connections",
		"too many open files", "emfile", "pool timeout", "pooltimeout", "acquiring connection", "acquiring a connection", "acquire connection",
		"acquire a connection", "thread pool", "rejectedexecution", "no free connection", "connection limit", "pool size", "connectionpool is full", "no idle connection",
		"timeout exceeded when trying to connect", "max_user_connections", "pool is full", "obtaining a connection", "obtain a connection", "get a connection from the pool", "connection from pool", "pool limit",
	}},
	{CauseOutOfMemory, []string{
		"out of memory", "outofmemory", "oomkilled", "oom-killed", "oom killer", "cannot allocate memory", "memoryerror", "enomem", "gc overhead limit",
		"memory limit", "allocation failed", "java heap space", "memory exhausted", "allowed memory size", "signal: killed", "exit code 137",
	}},
	{CauseDNS, []string{
		"no such host", "enotfound", "eai_again", "eai_nodata", "name or service not known", "could not resolve", "couldn't resolve", "can't resolve",
		"name resolution", "nxdomain", "servfail", "unknownhost", "nodename nor servname", "dns lookup", "dns error", "failed to resolve", "no address associated",
		"host not found", "cannot resolve", "unable to resolve", "resolve host",
	}},
	{CauseRefused, []string{"connection refused", "econnrefused", "actively refused", "connectexception", "failed to connect", "could not connect", "can't connect", "cannot connect", "connect error"}},
	{CauseUnreachable, []string{"no route to host", "ehostunreach", "enetunreach", "network is unreachable", "network unreachable", "host is down", "host unreachable", "ehostdown"}},
	{CauseException, []string{
		"typeerror", "referenceerror", "nullpointer", "nil pointer", "null pointer", "null reference", "nullreference", "undefined is not", "cannot read propert", "attributeerror",
		"keyerror", "indexerror", "indexoutofbounds", "index out of range", "index out of bounds", "nomethoderror", "undefined method", "undefined variable", "nameerror",
		"zerodivision", "division by zero", "divide by zero", "integer divide", "classcast", "stack overflow", "stackoverflow", "segmentation fault", "panic:", "nonetype", "unboundlocal",
		"is not a function", "is not defined", "is undefined", "syntaxerror", "rangeerror", "illegalstate", "illegalargument", "assertionerror", "unwrap()", "argumenterror", "invalid memory address",
		"unexpected token", "undefined array key", "call to a member function", "arrayindex", "concurrentmodification", "numberformat", "invalidoperation", "modulenotfound", "importerror", "cannot find module",
	}},
	{CauseReset, []string{
		"connection reset", "econnreset", "broken pipe", "epipe", "unexpected eof", "connection closed", "closed connection", "socket hang up", "prematurely closed",
		"remote end closed", "connection aborted", "connection was closed", "reset by peer", "upstream connect error or disconnect", "connection terminated", "server disconnected", "econnaborted", "goaway",
	}},
	{CauseUpstream, []string{"no healthy upstream", "no live upstream", "bad gateway", "upstream unavailable", "no upstream", "no endpoints available", "no backend", "backend unavailable", "no server is available"}},
	{CauseQuota, []string{"insufficient_quota", "quota exceeded", "quota_exceeded", "exceeded your current quota", "out of credits", "insufficient credits", "quota"}},
	{CauseTimeout, []string{"timeout", "timed out", "time out", "deadline exceeded", "etimedout", "took too long", "did not answer in", "no response within", "gave up waiting", "did not respond"}},
	{CauseOverload, []string{"overload", "load shed", "too busy", "server is busy", "over capacity", "at capacity", "backpressure", "queue is full", "queue full", "try again later", "throttl"}},
	{CauseException, []string{"exception", "traceback", "panic", "unhandled", "uncaught", "fatal error", "assertion failed", "internal error in"}},
}

// causeOfWords returns the class that a message speaks of, and CauseUnknown where it says nothing.
func causeOfWords(text string) CauseClass {
	lower := strings.ToLower(text)
	for i := range causeWords {
		for _, w := range causeWords[i].words {
			if strings.Contains(lower, w) {
				return causeWords[i].class
			}
		}
	}
	if namesException(text) {
		return CauseException
	}
	return CauseUnknown
}

// namesException reports whether a text begins with, or holds before a colon, the name of an error class of a program: ValueError,
// Foo::BarError. Names that speak of an answer or a connection tell nothing of our own code.
func namesException(text string) bool {
	for i, word := range strings.Fields(text) {
		name := strings.TrimRight(word, ":,;.")
		name = name[strings.LastIndexAny(name, ".:")+1:]
		if len(name) <= len("Error") || !strings.HasSuffix(name, "Error") || name[0] < 'A' || name[0] > 'Z' || i > 0 && !strings.HasSuffix(word, ":") {
			continue
		}
		for _, other := range [...]string{"Server", "Service", "Api", "API", "Http", "HTTP", "Gateway", "Response", "Request", "Connection", "Network", "Socket", "Client", "Upstream", "Unknown"} {
			if strings.Contains(name, other) {
				return false
			}
		}
		return true
	}
	return false
}

// words that tell what a limit or a refusal is about.
var (
	quotaWords = []string{
		"quota", "monthly", "daily limit", "per day", "per month", "credits", "billing", "usage limit", "hard limit", "allowance", "limit for this month", "spending", "budget", "balance",
	}
	planWords = []string{"plan", "subscription", "upgrade", "payment", "trial", "tier", "license", "licence", "not included", "billing"}
	keyWords  = []string{"key", "token", "credential", "signature", "secret", "expired", "revoked"}
)

func containsAny(text string, words []string) bool {
	text = strings.ToLower(text)
	for _, w := range words {
		if strings.Contains(text, w) {
			return true
		}
	}
	return false
}

// endpointOf returns the first address or host that a message names, with its port: "10.4.7.21:8443", "db.internal"; "" for
// none. Names of source files are not hosts.
func endpointOf(message string) string {
	split := func(r rune) bool { return strings.ContainsRune(" \t\"'`()[]{}<>,;=@|", r) }
	for word := range strings.FieldsFuncSeq(message, split) {
		word = strings.TrimRight(word, ".:")
		if _, rest, ok := strings.Cut(word, "://"); ok {
			word = rest
		}
		word, _, _ = strings.Cut(word, "/")
		host, port, hasPort := strings.Cut(word, ":")
		if hasPort && (port == "" || len(port) > 5 || strings.Trim(port, "0123456789") != "") {
			continue
		}
		if hostLike(host) && (hasPort || !fileLike(host)) || hasPort && len(port) > 1 && nameLike(host) && !fileLike(host) {
			if hasPort && fileLike(host) {
				continue
			}
			return word
		}
	}
	return ""
}

// hostLike reports whether s is an IPv4 address or a name of several labels.
func hostLike(s string) bool {
	if !strings.Contains(s, ".") || strings.HasPrefix(s, ".") {
		return false
	}
	labels := strings.Split(s, ".")
	numbers := 0
	for _, l := range labels {
		if l == "" || !nameLike(l) {
			return false
		}
		if strings.Trim(l, "0123456789") == "" {
			numbers++
		}
	}
	return numbers == len(labels) && len(labels) == 4 || numbers == 0 && len(labels[len(labels)-1]) >= 2 && s == strings.ToLower(s) || numbers > 0 && numbers < len(labels) && len(labels) > 2 && s == strings.ToLower(s)
}

func nameLike(s string) bool {
	for i := range len(s) {
		if !wordByte(s[i]) && s[i] != '-' && s[i] != '.' || s[i] >= 0x80 {
			return false
		}
	}
	return s != ""
}

func fileLike(s string) bool {
	dot := strings.LastIndexByte(s, '.')
	if dot < 0 {
		return false
	}
	switch s[dot+1:] {
	case "js", "ts", "tsx", "mjs", "go", "py", "rb", "java", "kt", "php", "rs", "c", "cc", "cpp", "h", "cs", "ex", "exs", "json", "html", "sql", "yml", "yaml", "toml", "log", "jar", "so", "dll", "exceptions", "errors", "exception", "error":
		return true
	}
	return false
}
