package probe

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/expr-lang/expr"
	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"
	"github.com/expr-lang/expr/vm"

	"errtop/internal/safetext"
	"errtop/tracker"
)

// view holds the variables of expectations.
type view struct {
	Status  int               `expr:"status"`  // 0 without HTTP
	Latency time.Duration     `expr:"latency"` // latency < duration("800ms")
	Body    string            `expr:"body"`    // its first MiB
	JSON    any               `expr:"json"`    // nil if the body is not JSON
	Header  map[string]string `expr:"header"`  // by the name as it is written and in lower case: header["content-type"]
	TLS     tlsView           `expr:"tls"`
	Answers []string          `expr:"answers"` // of a name server, sorted: "192.0.2.1" in answers
}

// tlsView is the certificate and the connection, all zero without TLS.
type tlsView struct {
	Version string    `expr:"version"` // "TLS 1.3"
	Days    int       `expr:"days"`    // whole days until the first certificate of the chain, or of a redirect's, expires
	Expiry  time.Time `expr:"expiry"`  // when it expires
	Issuer  string    `expr:"issuer"`
	Names   []string  `expr:"names"` // names that the certificate is valid for
}

// expectation is one compiled expression.
type expectation struct {
	source string
	test   *vm.Program
	seen   []seen   // values to quote if it does not hold
	uses   []string // the variables that it uses
}

// quoteMax bounds each value that a failed expectation quotes, in bytes.
const quoteMax = 120

// seen is a part of an expression whose value explains a failure: "json.queue".
type seen struct {
	source string
	value  *vm.Program
}

func compileExpectations(sources []string) ([]expectation, error) {
	var compiled []expectation
	for i, source := range sources {
		e, err := compileExpectation(source)
		if err != nil {
			return nil, fmt.Errorf("expect[%d]: %w", i, err)
		}
		compiled = append(compiled, e)
	}
	return compiled, nil
}

func compileExpectation(source string) (expectation, error) {
	test, err := expr.Compile(source, expr.Env(view{}), expr.AsBool())
	if err != nil {
		return expectation{}, wrongExpression(source, err)
	}
	e := expectation{source: source, test: test}
	e.uses = variables(test.Node())
	for _, part := range parts(test.Node()) {
		if value, err := expr.Compile(part, expr.Env(view{})); err == nil {
			e.seen = append(e.seen, seen{part, value})
		}
	}
	return e, nil
}

// wrongExpression adds the column of the mistake, counted from 1.
func wrongExpression(source string, err error) error {
	if at, ok := errors.AsType[*file.Error](err); ok {
		return fmt.Errorf("%q: column %d: %s", source, at.Column+1, at.Message)
	}
	return fmt.Errorf("%q: %w", source, err)
}

// variables returns the variables that an expression uses: "json", "status".
func variables(node ast.Node) []string {
	found := map[string]bool{}
	ast.Walk(&node, collector{variables: found})
	return slices.Sorted(maps.Keys(found))
}

// parts returns the variables and members that an expression uses: "status", "json.data[0].state".
func parts(node ast.Node) []string {
	found := map[string]bool{}
	ast.Walk(&node, collector{variables: found, members: found})
	names := slices.Sorted(maps.Keys(found))
	return slices.DeleteFunc(names, func(name string) bool { // "json" adds nothing to "json.state"
		return slices.ContainsFunc(names, func(other string) bool {
			return strings.HasPrefix(other, name+".") || strings.HasPrefix(other, name+"[") || strings.HasPrefix(other, name+"?.")
		})
	})
}

// collector collects names from an expression; members is nil if only variables are wanted.
type collector struct{ variables, members map[string]bool }

// Visit collects variables, and members with a constant path.
func (c collector) Visit(node *ast.Node) {
	switch n := (*node).(type) {
	case *ast.IdentifierNode:
		if slices.Contains([]string{"status", "latency", "body", "json", "header", "tls", "answers"}, n.Value) {
			c.variables[n.Value] = true
		}
	case *ast.MemberNode:
		if c.members != nil && constantPath(n) {
			c.members[n.String()] = true
		}
	}
}

func constantPath(node ast.Node) bool {
	switch n := node.(type) {
	case *ast.IdentifierNode:
		return true
	case *ast.ChainNode:
		return constantPath(n.Node)
	case *ast.MemberNode:
		switch n.Property.(type) {
		case *ast.StringNode, *ast.IntegerNode:
			return !n.Method && constantPath(n.Node)
		}
	}
	return false
}

// meetsExpectations checks the target's expectations and reports whether the result is a success. If one of them uses the
// status, the status alone is not a failure any more: a target may expect a 404.
func (r *run) meetsExpectations() bool {
	if len(r.plan.expect) == 0 {
		return !r.result.Kind.Failed()
	}
	seen := r.view()
	decides := false
	for _, e := range r.plan.expect {
		decides = decides || e.sees("status")
		holds, err := expr.Run(e.test, seen)
		if err == nil && holds == true {
			continue
		}
		if r.result.Kind.Failed() { // the server's message explains more
			return false
		}
		text := fmt.Sprintf("unexpected answer: %s, expected %s", e.quote(seen, r.plan.secrets), e.source)
		if err != nil {
			text = fmt.Sprintf("unexpected answer: expected %s, but %s", e.source, firstLine(err.Error()))
		}
		r.fail(cause{kind: tracker.KindAssertion, short: "unexpected answer", text: text})
		return false
	}
	if r.result.Kind.Failed() && !decides {
		return false
	}
	r.result.Kind, r.result.Error, r.result.Message, r.result.ResetAt = tracker.KindOK, "", "", time.Time{}
	return true
}

// sees reports whether the expectation uses a variable.
func (e *expectation) sees(name string) bool { return slices.Contains(e.uses, name) }

// quote returns the values that the expectation used.
func (e *expectation) quote(of view, hidden safetext.Known) string {
	var words []string
	for _, s := range e.seen {
		value, err := expr.Run(s.value, of)
		if err != nil {
			continue
		}
		text := s.source + " = " + quoteValue(value)
		shown := hidden.Line(text, len(s.source)+len(" = ")+quoteMax)
		if len(text) > len(s.source)+len(" = ")+quoteMax {
			shown += "…"
		}
		words = append(words, shown)
	}
	return strings.Join(words, ", ")
}

func quoteValue(value any) string {
	switch v := value.(type) {
	case time.Duration:
		return words(v)
	case time.Time:
		return v.Format(time.RFC3339)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value)
	}
	return string(text)
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// view returns the variables for the expectations.
func (r *run) view() view {
	v := view{Status: r.result.Status, Latency: r.result.Latency, Header: headerView(r.header), Answers: r.answers}
	uses := func(name string) bool {
		return slices.ContainsFunc(r.plan.expect, func(e expectation) bool { return e.sees(name) })
	}
	if uses("body") { // copied only if used, because a body may be large
		v.Body = string(r.body)
	}
	if uses("json") && json.Unmarshal(r.body, &v.JSON) != nil {
		v.JSON = nil
	}
	if r.tls != nil && len(r.tls.PeerCertificates) > 0 {
		leaf := r.tls.PeerCertificates[0]
		v.TLS = tlsView{
			Version: r.evidence.TLSVersion, Issuer: leaf.Issuer.String(), Names: leaf.DNSNames,
		}
	}
	if c := r.expires.cert; c != nil {
		v.TLS.Expiry, v.TLS.Days = c.NotAfter, int(c.NotAfter.Sub(r.result.Time).Hours()/24)
	}
	return v
}

func headerView(h http.Header) map[string]string {
	names := make(map[string]string, 2*len(h))
	for name, values := range h {
		joined := strings.Join(values, ", ")
		names[name], names[strings.ToLower(name)] = joined, joined
	}
	return names
}
