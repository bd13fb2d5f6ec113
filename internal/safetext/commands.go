package safetext

import "strings"

// secretOptions are options of programs that take a secret and do not say so: "sshpass -p x". What stands before the option in the text
// has one of the programs in it.
var secretOptions = map[string][]string{
	"-p": {"sshpass", "docker login", "podman login", "az login", "oc login", "cf login", "mongo", "helm registry"},
	"-P": {"sqlcmd", "bcp ", "isql", "ipmitool", "unzip", "zip "},
	"-a": {"redis-cli"},
	"-w": {"ldap"},
	"-k": {"openssl"},
	"-A": {"snmp"},
	"-X": {"snmp"},
	"-c": {"snmp"},
}

// loginOptions take "user:secret".
var loginOptions = map[string][]string{
	"-u": nil, "--user": nil, "--proxy-user": nil, "-U": nil,
	"-a": {"http ", "https ", "xh "}, "--auth": {"http ", "https ", "xh "},
}

// flag looks at an option of a command line that is not the name of a secret: "-u user:secret", "mysql -psecret". It looks at the
// first line of a PEM block too, which starts like one.
func (f *finder) flag(i, j int) int {
	s, word := f.s, f.s[i:j]
	switch {
	case strings.HasPrefix(word, "-----BEGIN"):
		return f.pem(i, j)
	case word == "----" && strings.HasPrefix(s[j:], " BEGIN "):
		return f.ssh2(j)
	case strings.HasPrefix(word, "-u") && j < len(s) && s[j] == ':' && f.command(i, "curl"):
		return f.hide(i+2, f.valueEnd(j))
	case strings.HasPrefix(word, "-p") && len(word) > 2 && f.command(i, "mysql", "sshpass", "7z"):
		return f.hide(i+2, f.valueEnd(j))
	}
	if programs, known := loginOptions[word]; known && (programs == nil || f.command(i, programs...)) {
		return f.loginOption(i, j)
	}
	if programs := secretOptions[word]; programs != nil && f.command(i, programs...) {
		return f.secretOption(j)
	}
	return j
}

// command reports whether one of the programs is named before i, in the same line.
func (f *finder) command(i int, programs ...string) bool {
	before := f.s[max(0, i-200):i]
	before = before[strings.LastIndexByte(before, '\n')+1:]
	for _, program := range programs {
		if strings.Contains(before, program) {
			return true
		}
	}
	return false
}

// secretOption hides the value of the option that ends at j.
func (f *finder) secretOption(j int) int {
	lo := f.optionValue(j)
	if lo == j || lo == len(f.s) || f.s[lo] == '-' {
		return j
	}
	hi := f.valueEnd(lo)
	if f.s[lo] == '"' || f.s[lo] == '\'' {
		lo++
		hi = f.closing(lo, f.s[lo-1], 0)
	}
	if lo >= hi || plainValue(f.s[lo:hi], nameAmbiguous) {
		return j
	}
	return f.hide(lo, hi)
}

func (f *finder) optionValue(j int) int {
	if j < len(f.s) && (f.s[j] == ' ' || f.s[j] == '=') {
		return j + 1
	}
	return j
}

// loginOption hides the "user:secret" behind the option s[i:j], of smbclient and its kin the secret of "user%secret".
func (f *finder) loginOption(i, j int) int {
	s, lo := f.s, f.optionValue(j)
	if lo == j || lo == len(s) {
		return j
	}
	hi := f.valueEnd(lo)
	if s[lo] == '"' || s[lo] == '\'' {
		lo++
		hi = f.closing(lo, s[lo-1], 0)
	}
	if colon := strings.IndexByte(s[lo:hi], ':'); colon > 0 && lo+colon+1 < hi {
		return f.hide(lo, hi)
	}
	if percent := strings.IndexByte(s[lo:hi], '%'); s[i:j] == "-U" && percent > 0 && lo+percent+1 < hi {
		return f.hide(lo+percent+1, hi)
	}
	return j
}
