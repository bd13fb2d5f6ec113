package otlp

import (
	logs "go.opentelemetry.io/proto/slim/otlp/logs/v1"
	trace "go.opentelemetry.io/proto/slim/otlp/trace/v1"

	"errtop/internal/logline"
	"errtop/internal/safetext"
)

// exception is why something failed, as a program reports it. Its texts are not harmless yet; they are bounded.
type exception struct{ kind, message, stack string }

// bounded cuts an exception to what is kept of it.
func (x exception) bounded() exception {
	return exception{
		kind:    safetext.Cut(x.kind, logline.MaxName+safetext.Lookahead),
		message: safetext.Cut(x.message, logline.MaxMessage+safetext.Lookahead),
		stack:   safetext.Cut(x.stack, logline.MaxStack+safetext.Lookahead),
	}
}

// size is what an exception takes in memory.
func (x exception) size() int { return len(x.kind) + len(x.message) + len(x.stack) + 128 }

// exceptionIn returns the last exception among a span's events: the one that the others led to.
func exceptionIn(s *trace.Span) exception {
	for i := len(s.GetEvents()) - 1; i >= 0; i-- {
		if event := s.GetEvents()[i]; event.GetName() == "exception" {
			var f facts
			f.take(event.GetAttributes())
			return exception{kind: f.exception, message: f.message, stack: f.stack}
		}
	}
	return exception{}
}

// exceptionOf returns the exception that a log record reports, or what an error without one says; the zero one of others.
func exceptionOf(l *logs.LogRecord) exception {
	var f facts
	f.take(l.GetAttributes())
	x := exception{kind: f.exception, message: f.message, stack: f.stack}
	if x.kind == "" && x.message == "" && l.GetSeverityNumber() >= logs.SeverityNumber_SEVERITY_NUMBER_ERROR {
		x.message = textOf(l.GetBody())
	}
	return x
}
