package filter

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"errtop/tracker"
)

// view is what an expression sees. Where the expectations of probes have the same, it has the same name and type.
type view struct {
	Status   int           `expr:"status"` // 0 where none was received
	Kind     string        `expr:"kind"`   // "rate_limited"
	Failed   bool          `expr:"failed"`
	Latency  time.Duration `expr:"latency"` // latency > duration("800ms"); 0 where unknown
	Time     time.Time     `expr:"time"`
	Target   string        `expr:"target"`
	Method   string        `expr:"method"`
	Route    string        `expr:"route"` // or the path, without its query
	Path     string        `expr:"path"`  // the same
	Origin   string        `expr:"origin"`
	Source   string        `expr:"source"`
	State    string        `expr:"state"`
	Badge    string        `expr:"badge"`
	Host     string        `expr:"host"`
	Upstream string        `expr:"upstream"`
	Error    string        `expr:"error"`
	Message  string        `expr:"message"`
	Agent    string        `expr:"agent"` // what the client calls itself, where a log tells
	Place    string        `expr:"place"` // of a fleet
}

// parseExpression compiles what follows the =. While it is typed nothing can be said of it but what it lacks, since nearly
// every beginning of an expression is another one.
func parseExpression(source string, typing bool) (*Filter, error) {
	source = strings.TrimSpace(source)
	program, err := compile(source)
	if at, ok := errors.AsType[*file.Error](err); ok {
		err = fmt.Errorf("column %d of the expression: %s", at.Column+1, at.Message)
	}
	switch {
	case source == "":
		err = UnfinishedError("= starts an expression, as =status >= 500 && target == \"kling\"")
	case typing && err != nil:
		err = UnfinishedError(err.Error())
	case typing:
		err = UnfinishedError("enter applies the expression")
	}
	if err != nil {
		return nil, err
	}
	return &Filter{text: "=" + source, places: placeWord.MatchString(source), terms: []condition{{holds: func(f *Facts, _ time.Time) bool { return evaluate(program, f) }}}}, nil
}

// functions are those of the language that cost no more than what they are given is long, and return nothing longer.
var functions = []string{
	"len", "lower", "upper", "trim", "trimPrefix", "trimSuffix", "hasPrefix", "hasSuffix", "indexOf", "lastIndexOf", "int", "float", "string", "abs", "ceil",
	"floor", "round", "min", "max", "duration", "date", "timezone", "now", "type", "bitand", "bitor",
}

// maxSource bounds an expression, in bytes.
const maxSource = 16 << 10

// compile understands an expression. One that could take much longer than the text it looks at is long is refused, because viewers who may
// only look can filter too: ranges, functions that walk over lists or make texts longer, and variables, each of which doubles the one before.
func compile(source string) (*vm.Program, error) {
	if len(source) > maxSource {
		return nil, fmt.Errorf("an expression of more than %d KB", maxSource>>10)
	}
	costly := &costs{}
	options := []expr.Option{expr.Env(view{}), expr.AsBool(), expr.DisableAllBuiltins(), expr.Patch(costly)}
	for _, name := range functions {
		options = append(options, expr.EnableBuiltin(name))
	}
	program, err := expr.Compile(source, options...)
	if costly.err != nil {
		return nil, costly.err
	}
	return program, err //nolint:wrapcheck // the caller says where it is wrong
}

// costs looks for what an expression of a filter must not hold.
type costs struct{ err error }

// Visit looks at a part of an expression.
func (c *costs) Visit(node *ast.Node) {
	what := ""
	switch n := (*node).(type) {
	case *ast.BinaryNode:
		if n.Operator == ".." {
			what = "a range (..)"
		}
	case *ast.VariableDeclaratorNode:
		what = "a variable (let)"
	case *ast.PredicateNode:
		what = "a function that walks over a list"
	}
	if what != "" && c.err == nil {
		c.err = fmt.Errorf("column %d of the expression: filters have no place for %s", (*node).Location().From+1, what)
	}
}

// placeWord is how an expression names places.
var placeWord = regexp.MustCompile(`\bplace\b`)

// evaluate reports whether an expression holds: of something with many outcomes, whether it holds with any of them. An
// expression that fails does not hold.
func evaluate(program *vm.Program, f *Facts) bool {
	v := view{
		Latency: f.Latency, Time: f.At, Target: f.Target, Method: f.Method, Route: f.Route, Path: f.Route, Origin: f.Origin,
		Source: f.Source, State: f.State, Badge: f.Badge, Host: f.Host, Upstream: f.Upstream, Error: f.Error, Message: f.Message,
		Agent: f.Agent, Place: f.Place,
	}
	if e := f.Evidence; e != nil {
		v.Host, v.Upstream = e.Host, e.Upstream
	}
	with := func(o tracker.Outcome) bool {
		v.Status, v.Kind, v.Failed = o.Status, o.Kind.String(), o.Kind.Failed()
		holds, err := expr.Run(program, v)
		return err == nil && holds == true
	}
	if len(f.Outcomes) == 0 {
		return with(f.Outcome)
	}
	for _, o := range f.Outcomes {
		if with(o.Outcome) {
			return true
		}
	}
	return false
}
