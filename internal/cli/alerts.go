package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os/user"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/alert"
	"errtop/internal/config"
	"errtop/internal/engine"
	"errtop/internal/human"
	"errtop/internal/notify"
	"errtop/internal/serve"
)

func (a *app) alertsCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "alerts",
		Short: "List alerts of a running errtop, acknowledge them, test receivers",
		Long:  "List the alerts of every errtop that you run on this machine, acknowledge them, print the rules, or send a test to receivers.",
		RunE: func(*cobra.Command, []string) error {
			return usage("alerts needs a command: list, ack, rules or test", "errtop alerts list")
		},
	}
	var asJSON bool
	var name string
	list := &cobra.Command{
		Use: "list", Short: "List alerts, silences and what is yet to be told",
		RunE: func(command *cobra.Command, _ []string) error { return a.listAlerts(command.Context(), name, asJSON) },
	}
	list.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	var note string
	ack := &cobra.Command{
		Use: "ack ID...", Short: "Say that you have seen alerts, by the numbers that list prints: they are not repeated",
		RunE: func(command *cobra.Command, args []string) error {
			return a.acknowledge(command.Context(), name, note, args)
		},
	}
	ack.Flags().StringVar(&note, "note", "", "a `note` for the others")
	rules := &cobra.Command{
		Use: "rules", Short: "Print the rules that hold, default ones included",
		RunE: func(command *cobra.Command, _ []string) error { return a.printRules(command.Context()) },
	}
	test := &cobra.Command{
		Use: "test [RECEIVER...]", Short: "Send a test to the receivers of the config, and say what came back",
		RunE: func(command *cobra.Command, args []string) error { return a.testReceivers(command.Context(), args) },
	}
	for _, c := range []*cobra.Command{list, ack} {
		c.Flags().StringVar(&name, "name", "", "only the errtop of this `name` (default all)")
	}
	for _, c := range []*cobra.Command{rules, test} {
		a.configFlag(c)
	}
	command.AddCommand(list, ack, rules, test)
	return command
}

func (a *app) silenceCommand() *cobra.Command {
	command := &cobra.Command{
		Use:   "silence",
		Short: "Keep a running errtop from telling alerts for a while",
		RunE: func(*cobra.Command, []string) error {
			return usage("silence needs a command: add, list or end", "errtop silence add --target 'checkout-*' --for 2h --note \"deploy\"")
		},
	}
	var silence serve.Silence
	var name string
	lasts := config.Duration(2 * time.Hour)
	add := &cobra.Command{
		Use: "add", Short: "Add a silence; it ends by itself",
		RunE: func(command *cobra.Command, _ []string) error {
			silence.For, silence.By = lasts.Std(), userName()
			return a.eachPeer(command.Context(), name, func(p *serve.Peer) error {
				return a.addSilence(command.Context(), p, silence)
			})
		},
	}
	add.Flags().StringVar(&silence.Target, "target", "", "alerts of targets like this `pattern`")
	add.Flags().StringVar(&silence.Rule, "rule", "", "alerts of rules like this `pattern`")
	add.Flags().Uint64Var(&silence.Incident, "incident", 0, "alerts of the incident of this `number`")
	add.Flags().Uint64Var(&silence.Group, "group", 0, "alerts of the group of errors of this `number`")
	add.Flags().TextVar(&lasts, "for", lasts, "how long, a `duration`")
	add.Flags().StringVar(&silence.Note, "note", "", "a `note` for the others")
	list := &cobra.Command{
		Use: "list", Short: "List silences",
		RunE: func(command *cobra.Command, _ []string) error {
			return a.eachState(command.Context(), name, func(p *serve.Peer, state *alert.State) error {
				return a.print(silencesText(state, time.Now()))
			})
		},
	}
	end := &cobra.Command{
		Use: "end ID", Short: "End a silence now",
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) != 1 {
				return usage("end needs the number of one silence", "errtop silence list prints them")
			}
			id, err := strconv.ParseUint(args[0], 10, 64)
			if err != nil {
				return usage(args[0]+" is not a number", "errtop silence list prints them")
			}
			return a.eachPeer(command.Context(), name, func(p *serve.Peer) error { return p.EndSilence(command.Context(), id) })
		},
	}
	for _, c := range []*cobra.Command{add, list, end} {
		c.Flags().StringVar(&name, "name", "", "only in the errtop of this `name` (default in all)")
	}
	command.AddCommand(add, list, end)
	return command
}

// addSilence adds a silence to a running errtop, and says which alerts it hides now.
func (a *app) addSilence(ctx context.Context, p *serve.Peer, silence serve.Silence) error {
	var state alert.State
	if err := p.Alerts(ctx, &state); err != nil {
		return err
	}
	now := time.Now()
	hidden := state.WouldHide(alert.Matcher{Rule: silence.Rule, Target: silence.Target, Incident: silence.Incident, Group: silence.Group}, now)
	id, err := p.Silence(ctx, silence)
	if err != nil {
		return err
	}
	var text strings.Builder
	fmt.Fprintf(&text, "silence %d in %s until %s hides %s\n", id, peerName(p), now.Add(silence.For).Format("15:04"), human.Plural(len(hidden), "alert"))
	for i := range hidden {
		fmt.Fprintf(&text, "  %-8s %-8s %s\n", hidden[i].Phase, hidden[i].Severity, hidden[i].Text)
	}
	return a.print(text.String())
}

// eachPeer does something with every running errtop of the user, or those of a name.
func (a *app) eachPeer(ctx context.Context, name string, do func(*serve.Peer) error) error {
	peers, err := serve.Peers(ctx, serve.ControlDir(a.LookupEnv), name)
	if errors.Is(err, serve.ErrNone) {
		if name != "" {
			err = fmt.Errorf("%w under the name %q", err, name)
		}
		return &exitError{err: err, hint: "start errtop first; it must run as the same user, with the same XDG_RUNTIME_DIR", status: statusFailed}
	}
	problems := []error{err}
	for i := range peers {
		problems = append(problems, do(&peers[i]))
	}
	return errors.Join(problems...)
}

// eachState reads the alerts of every running errtop of the user.
func (a *app) eachState(ctx context.Context, name string, do func(*serve.Peer, *alert.State) error) error {
	return a.eachPeer(ctx, name, func(p *serve.Peer) error {
		var state alert.State
		if err := p.Alerts(ctx, &state); err != nil {
			return err
		}
		return do(p, &state)
	})
}

func (a *app) listAlerts(ctx context.Context, name string, asJSON bool) error {
	return a.eachState(ctx, name, func(p *serve.Peer, state *alert.State) error {
		if asJSON {
			return a.writeJSON(struct {
				serve.Info
				*alert.State
			}{p.Info, state})
		}
		return a.print(peerName(p) + "\n" + alertsText(state, time.Now()))
	})
}

// alertsText lists alerts, the firing ones first, and what is yet to be told.
func alertsText(state *alert.State, now time.Time) string {
	var b strings.Builder
	alerts := slices.Clone(state.Alerts)
	slices.SortStableFunc(alerts, func(x, y alert.Alert) int {
		if x.Active() != y.Active() {
			if x.Active() {
				return -1
			}
			return 1
		}
		return int(y.Severity) - int(x.Severity)
	})
	for i := range alerts {
		alerted := &alerts[i]
		phase := alerted.Phase.String()
		if alerted.Flapping {
			phase = "flapping"
		}
		fmt.Fprintf(&b, "%-10s %-8s %016x  %s  for %s", phase, alerted.Severity, alerted.ID, alerted.Text, human.Span(now.Sub(alerted.Since)))
		if ack := state.AckOf(alerted.ID); ack != nil {
			b.WriteString("  acknowledged by " + ack.By)
		}
		if silence := state.SilencedBy(alerted, now); silence != nil {
			fmt.Fprintf(&b, "  silenced until %s by %s", silence.Ends.Local().Format("15:04"), silence.By)
		}
		b.WriteString("\n")
	}
	if len(alerts) == 0 {
		b.WriteString("no alerts\n")
	}
	for i := range state.Outbox {
		n := &state.Outbox[i]
		fmt.Fprintf(&b, "not yet told: %s of %s, %d attempts", n.Receiver, n.Reason, n.Attempts)
		if n.Problem != "" {
			b.WriteString(": " + n.Problem)
		}
		b.WriteString("\n")
	}
	for _, rule := range slices.Sorted(maps.Keys(state.Unjudged)) {
		fmt.Fprintf(&b, "not judged: %s: %s\n", rule, state.Unjudged[rule])
	}
	if state.Dropped > 0 {
		fmt.Fprintf(&b, "given up: %d notifications\n", state.Dropped)
	}
	return b.String()
}

// silencesText lists the silences that hold.
func silencesText(state *alert.State, now time.Time) string {
	var b strings.Builder
	for i := range state.Silences {
		s := &state.Silences[i]
		if !s.Active(now) {
			continue
		}
		var of []string
		for key, value := range map[string]string{"rule": s.Matcher.Rule, "target": s.Matcher.Target} {
			if value != "" {
				of = append(of, key+"="+value)
			}
		}
		if s.Matcher.Incident != 0 {
			of = append(of, "incident="+strconv.FormatUint(s.Matcher.Incident, 10))
		}
		if s.Matcher.Group != 0 {
			of = append(of, "group="+strconv.FormatUint(s.Matcher.Group, 10))
		}
		slices.Sort(of)
		fmt.Fprintf(&b, "%d  %s  until %s by %s  %s\n", s.ID, strings.Join(of, " "), s.Ends.Local().Format("15:04"), s.By, s.Note)
	}
	if b.Len() == 0 {
		return "no silences\n"
	}
	return b.String()
}

func (a *app) acknowledge(ctx context.Context, name, note string, args []string) error {
	if len(args) == 0 {
		return usage("ack needs the number of an alert", "errtop alerts list prints them")
	}
	for _, arg := range args {
		id, err := strconv.ParseUint(arg, 16, 64)
		if err != nil {
			return usage(arg+" is not the number of an alert", "errtop alerts list prints them")
		}
		ack := serve.Ack{Alert: id, By: userName(), Note: note}
		if err := a.eachPeer(ctx, name, func(p *serve.Peer) error {
			_, err := p.Acknowledge(ctx, ack)
			return err
		}); err != nil {
			return err
		}
	}
	return nil
}

func (a *app) printRules(ctx context.Context) error {
	settings, _, err := a.settings(ctx)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, rule := range engine.Rules(settings) {
		fmt.Fprintf(&b, "%-8s  %s\n          when %s\n", rule.Severity, rule.Name, rule.When)
		if rule.For > 0 || rule.KeepFiringFor > 0 {
			fmt.Fprintf(&b, "          for %s, keep firing for %s\n", rule.For, rule.KeepFiringFor)
		}
	}
	return a.print(b.String())
}

func (a *app) testReceivers(ctx context.Context, names []string) error {
	settings, path, err := a.settings(ctx)
	if err != nil {
		return err
	}
	senders, err := engine.Senders(settings, a.showPage)
	if err != nil {
		return err
	}
	if len(senders) == 0 {
		return &exitError{err: errors.New("no receivers to test"), hint: "name some as [[receivers]] in " + orElse(path, "errtop.toml"), status: statusFailed}
	}
	if len(names) == 0 {
		names = slices.Sorted(maps.Keys(senders))
	}
	var problems []error
	for _, name := range names {
		sender, ok := senders[name]
		if !ok {
			return usage(fmt.Sprintf("no receiver is called %q", name), "there are "+strings.Join(slices.Sorted(maps.Keys(senders)), ", "))
		}
		if err := notify.Try(ctx, name, sender, time.Now()); err != nil {
			problems = append(problems, err)
			continue
		}
		problems = append(problems, a.say("%s took it", name))
	}
	return errors.Join(problems...)
}

// peerName is what a running errtop is called.
func peerName(p *serve.Peer) string {
	return fmt.Sprintf("%s (process %d)", orElse(p.Name, "errtop"), p.PID)
}

func orElse(text, otherwise string) string {
	if text == "" {
		return otherwise
	}
	return text
}

// userName is who acknowledges and silences.
func userName() string {
	if u, err := user.Current(); err == nil {
		return u.Username
	}
	return "somebody"
}
