package logline

import (
	"slices"
	"strings"
)

// Format names a log format, as --format takes it and sources show it. The empty format is any: each line is recognised.
type Format string

// The formats.
const (
	JSON    Format = "json"    // one object a line, of errtop's own or any other program's keys
	Access  Format = "access"  // common and combined access logs, with or without virtual host and times behind
	W3C     Format = "w3c"     // W3C extended: IIS, CloudFront
	ELB     Format = "elb"     // AWS classic load balancer
	ALB     Format = "alb"     // AWS application load balancer
	HAProxy Format = "haproxy" // HAProxy's HTTP log
	Envoy   Format = "envoy"   // Envoy's default text, Istio's too
	UWSGI   Format = "uwsgi"
	Logfmt  Format = "logfmt"  // key=value, Heroku's router included
	LTSV    Format = "ltsv"    // label:value, separated by tabs
	S3      Format = "s3"      // Amazon S3 server access log
	Squid   Format = "squid"   // Squid's native log, Apache Traffic Server's too
	Console Format = "console" // a request in free text: uvicorn, gin, Rails, morgan and similar servers
)

// Formats returns all formats in the order that help lists them.
func Formats() []Format {
	return []Format{JSON, Access, W3C, ELB, ALB, HAProxy, Envoy, UWSGI, Logfmt, LTSV, S3, Squid, Console}
}

// known reports whether f is a format or empty.
func (f Format) known() bool { return f == "" || slices.Contains(Formats(), f) }

// formatList returns all formats for messages.
func formatList() string {
	names := make([]string, 0, len(Formats()))
	for _, f := range Formats() {
		names = append(names, string(f))
	}
	return strings.Join(names, ", ")
}
