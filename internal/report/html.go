package report

import (
	_ "embed" // the page and its style
	"fmt"
	"html/template"
	"strconv"
	"strings"
	"time"

	"errtop/internal/human"
)

var (
	//go:embed page.html.tmpl
	pageText string
	//go:embed page.css
	pageStyle string
)

// HTML returns the report as one page that stands by itself: no script, nothing that is fetched, charts as SVG, dark or light as the
// reader's system is, and laid out for paper when printed. html/template escapes every text where it stands.
func (r *Report) HTML() (string, error) {
	charts := 0
	page, err := template.New("report").Funcs(template.FuncMap{
		"chart": func(c *Chart) template.HTML {
			charts++
			return drawChart(c, charts)
		},
		"style":       func() template.CSS { return template.CSS(pageStyle) }, //nolint:gosec // our own file
		"stamp":       stamp,
		"clock":       clock,
		"moment":      func(t time.Time) string { return moment(t, r.At) },
		"count":       human.Count,
		"digits":      human.Thousands,
		"percent":     human.Percent,
		"counts":      r.counts,
		"share":       func(part, all uint64) string { return human.Percent(float64(part) / float64(max(all, 1))) },
		"width":       func(share float64) string { return strconv.Itoa(int(100*min(max(share, 0), 1) + 0.5)) },
		"alertsTitle": alertsTitle,
		"facts":       (*Incident).facts,
		"usual":       func(i *Incident) string { return i.usual },
		"trim":        func(s string) string { return strings.TrimSuffix(s, ": ") },
		"causes":      func(list []string) string { return strings.Join(list, ", ") },
		"widest": func(list []StatusCount) (most uint64) {
			for _, c := range list {
				most = max(most, c.Count)
			}
			return most
		},
		"ratio": func(part, all uint64) float64 { return float64(part) / float64(max(all, 1)) },
		"zero":  func(t time.Time) bool { return t.IsZero() },
	}).Parse(pageText)
	if err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	var out strings.Builder
	if err := page.Execute(&out, r); err != nil {
		return "", fmt.Errorf("report: %w", err)
	}
	return out.String(), nil
}

// moment is the time of day, with its date where that is not the report's.
func moment(t, of time.Time) string {
	if t.UTC().Format(time.DateOnly) == of.UTC().Format(time.DateOnly) {
		return clock(t)
	}
	return stamp(t)
}
