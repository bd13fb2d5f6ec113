package notify

import (
	"fmt"
	"maps"
	"strconv"
	"strings"
	"time"

	"errtop/internal/alert"
)

// payload is Alertmanager's webhook payload, version 4
// (https://prometheus.io/docs/alerting/latest/configuration/#webhook_config).
type payload struct {
	Version           string            `json:"version"`
	GroupKey          string            `json:"groupKey"`
	TruncatedAlerts   int               `json:"truncatedAlerts"`
	Status            string            `json:"status"`
	Receiver          string            `json:"receiver"`
	GroupLabels       map[string]string `json:"groupLabels"`
	CommonLabels      map[string]string `json:"commonLabels"`
	CommonAnnotations map[string]string `json:"commonAnnotations"`
	ExternalURL       string            `json:"externalURL"`
	Alerts            []payloadAlert    `json:"alerts"`
}

// payloadAlert is one alert of it.
type payloadAlert struct {
	Status       string            `json:"status"`
	Labels       map[string]string `json:"labels"`
	Annotations  map[string]string `json:"annotations"`
	StartsAt     time.Time         `json:"startsAt"`
	EndsAt       time.Time         `json:"endsAt"`
	GeneratorURL string            `json:"generatorURL"`
	Fingerprint  string            `json:"fingerprint"`
}

const maxPayloadAlerts = 100

func payloadOf(n *alert.Notification) payload {
	p := payload{
		Version: "4", GroupKey: n.Group, Status: status(n), Receiver: n.Receiver,
		GroupLabels: map[string]string{"group": n.Group}, TruncatedAlerts: max(len(n.Alerts)-maxPayloadAlerts, 0),
		Alerts: []payloadAlert{},
	}
	for i := range n.Alerts[:min(len(n.Alerts), maxPayloadAlerts)] {
		p.Alerts = append(p.Alerts, payloadAlertOf(&n.Alerts[i]))
	}
	p.CommonLabels, p.CommonAnnotations = map[string]string{}, map[string]string{}
	for i := range p.Alerts {
		common(p.CommonLabels, p.Alerts[i].Labels, i == 0)
		common(p.CommonAnnotations, p.Alerts[i].Annotations, i == 0)
	}
	return p
}

// common keeps in into what all have.
func common(into, labels map[string]string, first bool) {
	if first {
		maps.Copy(into, labels)
		return
	}
	for k, v := range into {
		if labels[k] != v {
			delete(into, k)
		}
	}
}

func payloadAlertOf(a *alert.Alert) payloadAlert {
	p := payloadAlert{
		Status: "firing", Labels: labelsOf(a), Annotations: map[string]string{"summary": a.Text}, StartsAt: a.FiredAt.UTC(),
		Fingerprint: fmt.Sprintf("%016x", a.ID),
	}
	if a.Phase == alert.Resolved {
		p.Status, p.EndsAt = "resolved", a.EndedAt.UTC()
	}
	if a.Advice != "" {
		p.Annotations["description"] = a.Advice
	}
	if a.URL != "" {
		p.Annotations["runbook_url"] = a.URL
	}
	if len(a.Places) > 0 {
		p.Annotations["places"] = strings.Join(a.Places, ", ")
	}
	if a.Failed > 0 {
		p.Annotations["failed_requests"] = strconv.FormatUint(a.Failed, 10)
	}
	if a.Flapping {
		p.Annotations["flapping"] = "true"
	}
	return p
}

// labelsOf returns an alert's labels as Prometheus names them.
func labelsOf(a *alert.Alert) map[string]string {
	labels := map[string]string{"alertname": a.Rule, "severity": a.Severity.String()}
	for name, value := range map[string]string{"target": a.Labels.Target, "breaker": a.Labels.Breaker, "source": a.Labels.Source} {
		if value != "" {
			labels[name] = value
		}
	}
	if a.Labels.Incident != 0 {
		labels["incident"] = strconv.FormatUint(a.Labels.Incident, 16)
	}
	if a.Labels.Group != 0 {
		labels["error_group"] = strconv.FormatUint(a.Labels.Group, 16)
	}
	return labels
}

// status is a notification's as Alertmanager says it.
func status(n *alert.Notification) string {
	if n.Reason == alert.ReasonResolved {
		return "resolved"
	}
	return "firing"
}

// subject is a notification in one line.
func subject(n *alert.Notification) string {
	word := map[alert.Reason]string{
		alert.ReasonFiring: "FIRING", alert.ReasonMore: "FIRING", alert.ReasonRepeat: "STILL FIRING", alert.ReasonRefresh: "STILL FIRING", alert.ReasonFlapping: "FLAPPING", alert.ReasonResolved: "RESOLVED",
	}[n.Reason]
	if len(n.Alerts) == 0 {
		return word
	}
	return word + ": " + n.Alerts[0].Text
}

// text is a notification in words, for people.
func text(n *alert.Notification) string {
	var b strings.Builder
	b.WriteString(subject(n))
	for i := range n.Alerts[:min(len(n.Alerts), 20)] {
		a := &n.Alerts[i]
		if i > 0 {
			b.WriteString("\n- " + a.Text)
		}
		if a.Phase == alert.Resolved {
			fmt.Fprintf(&b, " (after %s", a.EndedAt.Sub(a.FiredAt).Round(time.Second))
			if a.Failed > 0 {
				fmt.Fprintf(&b, ", %d requests failed", a.Failed)
			}
			b.WriteString(")")
		} else if i == 0 {
			if a.Advice != "" {
				b.WriteString("\n" + a.Advice)
			}
			if a.URL != "" {
				b.WriteString("\n" + a.URL)
			}
		}
	}
	if more := len(n.Alerts) - 20; more > 0 {
		fmt.Fprintf(&b, "\nand %d more", more)
	}
	if n.Reason == alert.ReasonFlapping {
		b.WriteString("\nIt comes and goes; the next message says how it ended.")
	}
	return b.String()
}
