package docs

import (
	"encoding/json"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"
)

func TestTheAlertRulesForPrometheusWork(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("no promtool here")
	}
	for _, args := range [][]string{{"check", "rules", "rules.yml"}, {"test", "rules", "rules_test.yml"}} {
		command := exec.CommandContext(t.Context(), promtool, args...)
		command.Dir = "prometheus"
		if out, err := command.CombinedOutput(); err != nil {
			t.Errorf("promtool %q: %v\n%s", args, err, out)
		}
	}
}

// What the rules and the Grafana dashboard ask for is what errtop tells.
func TestRulesAndDashboardNameMetricsThatThereAre(t *testing.T) {
	name := regexp.MustCompile(`errtop_[a-z_]+`)
	var told []string
	for _, path := range []string{"../internal/serve/metrics.go", "../internal/serve/metricscollect.go"} {
		source, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		told = append(told, name.FindAllString(string(source), -1)...)
	}
	for _, path := range []string{"prometheus/rules.yml", "prometheus/grafana.json"} {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		asked := name.FindAllString(string(text), -1)
		for _, metric := range asked {
			if !slices.Contains(told, metric) {
				t.Errorf("%s asks for %s, which errtop does not tell", path, metric)
			}
		}
		if len(asked) < 5 {
			t.Errorf("%s asks for %q only", path, asked)
		}
		if strings.HasSuffix(path, ".json") && !json.Valid(text) {
			t.Errorf("%s is not JSON", path)
		}
	}
}
