package stats

import (
	"errors"
	"fmt"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"errtop/internal/logline"
	"errtop/tracker"
)

// filter says which results are counted.
type filter struct {
	from, to time.Time // from <= time < to; zero for no bound
	program  *vm.Program
	maker    logline.ResultMaker
	names    logline.Interner
}

// filterView is what a filter expression sees of a result. Where expectations have the same, it has the same name and type.
type filterView struct {
	Status   int           `expr:"status"` // 0 where none was received
	Kind     string        `expr:"kind"`   // "rate_limited"
	Failed   bool          `expr:"failed"`
	Latency  time.Duration `expr:"latency"` // latency > duration("800ms"); 0 where unknown
	Time     time.Time     `expr:"time"`
	Target   string        `expr:"target"`
	Method   string        `expr:"method"`
	Path     string        `expr:"path"` // without query
	Host     string        `expr:"host"`
	Upstream string        `expr:"upstream"`
	Error    string        `expr:"error"`
	Message  string        `expr:"message"`
}

// newFilter compiles an expression; with none and without bounds it returns nil, which lets everything through.
func newFilter(from, to time.Time, source string) (*filter, error) {
	if from.IsZero() && to.IsZero() && source == "" {
		return nil, nil //nolint:nilnil // no filter is a filter
	}
	f := &filter{from: from, to: to}
	if source == "" {
		return f, nil
	}
	program, err := expr.Compile(source, expr.Env(filterView{}), expr.AsBool())
	if at, ok := errors.AsType[*file.Error](err); ok {
		return nil, fmt.Errorf("filter %q: column %d: %s", source, at.Column+1, at.Message)
	}
	if err != nil {
		return nil, fmt.Errorf("filter %q: %w", source, err)
	}
	f.program = program
	return f, nil
}

// passes reports whether d's record is counted. A result without a time is outside of any bounds.
func (f *filter) passes(d *logline.Decoder) bool {
	if !f.from.IsZero() || !f.to.IsZero() {
		at := d.Rec.Time()
		if !d.Rec.HasTime || at.Before(f.from) || !f.to.IsZero() && !at.Before(f.to) {
			return false
		}
	}
	if f.program == nil {
		return true
	}
	r := f.maker.Make(d)
	_, host := d.Location()
	view := filterView{
		Status: r.Status, Kind: r.Kind.String(), Failed: r.Kind.Failed(), Latency: r.Latency, Time: r.Time, Target: r.Target,
		Method: r.Method, Path: r.Route, Host: f.names.Line(host, logline.MaxName), Upstream: f.names.Line(d.Rec.Text(logline.FieldUpstream), logline.MaxName),
		Error: r.Error, Message: r.Message,
	}
	if r.Latency == 1 { // what the log rounded to nothing
		view.Latency = 0
	}
	if r.Kind == tracker.KindOK {
		view.Error = f.names.Line(d.Rec.Text(logline.FieldError), logline.MaxName)
		view.Message = logline.SafeLine(d.Rec.Text(logline.FieldMessage), logline.MaxMessage)
	}
	holds, err := expr.Run(f.program, view)
	return err == nil && holds == true
}
