package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"errtop/internal/fleet"
)

// hubPort is NATS's own.
const hubPort = 4222

func (a *app) hubCommand() *cobra.Command {
	var hub fleet.Hub
	var format string
	command := &cobra.Command{
		Use:   "hub",
		Short: "Run a NATS server for a fleet of errtop",
		Long: "Run a NATS server with JetStream in this process, for a team that has none. errtop hub init writes its keys, certificates and " +
			"config; nats-server runs the same config. It logs to standard error until it is sent SIGTERM or SIGINT.",
		Example: "errtop hub init --host hub.example.com --agent web-1 --viewer ops\n" +
			"errtop hub",
		RunE: func(command *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Sprintf("hub takes no arguments, got %q", args[0]), "errtop hub init writes what it runs with")
			}
			log, err := newLog(a.Err, format, a.known)
			if err != nil {
				return err
			}
			return a.hub(command.Context(), hub, log)
		},
	}
	command.Flags().StringVar(&hub.Dir, "dir", "hub", "`folder` that errtop hub init wrote")
	command.Flags().StringVar(&hub.Config, "server-config", "", "`file` with the server's config (default hub.conf in the folder)")
	command.Flags().StringVar(&format, "log", "text", "`format` of the log on standard error: text or json")
	command.AddCommand(a.hubInitCommand())
	return command
}

func (a *app) hub(ctx context.Context, hub fleet.Hub, log *slog.Logger) error {
	levels := map[string]slog.Level{"warn": slog.LevelWarn, "error": slog.LevelError}
	hub.Log = func(level, text string) { log.Log(ctx, levels[level], text) }
	err := hub.Run(ctx, func(address string) {
		log.InfoContext(ctx, "errtop hub takes connections", "address", address, "dir", hub.Dir)
	})
	if errors.Is(err, os.ErrNotExist) {
		return &exitError{err: err, hint: "errtop hub init --dir " + hub.Dir + " --host THIS_MACHINE writes it", status: statusUsage}
	}
	return err
}

func (a *app) hubInitCommand() *cobra.Command {
	var plan fleet.HubPlan
	command := &cobra.Command{
		Use:   "init",
		Short: "Write the keys, certificates and config of a hub, or add users to one",
		Long: "Write the keys, certificates and config of a hub into a folder. What is there stays, so that calling it again adds users and " +
			"teams. Every user gets a key of its own: an agent can publish under its own name only, a viewer can only read, a watcher " +
			"reads and agrees with the other watchers on who tells. Teams see nothing of each other.",
		Example: "errtop hub init --host hub.example.com --team shop --agent web-1 --viewer ops",
		RunE: func(_ *cobra.Command, args []string) error {
			if len(args) > 0 {
				return usage(fmt.Sprintf("hub init takes no arguments, got %q", args[0]), "--agent and --viewer name users")
			}
			return a.hubInit(plan)
		},
	}
	host, err := os.Hostname()
	hosts := []string{"localhost", "127.0.0.1"}
	if err == nil {
		hosts = append([]string{host}, hosts...)
	}
	command.Flags().StringVar(&plan.Dir, "dir", "hub", "`folder` to write into")
	command.Flags().StringSliceVar(&plan.Hosts, "host", hosts, "`name` or address that the hub is reached by; may be given several times")
	command.Flags().IntVar(&plan.Port, "port", hubPort, "`port` to listen on")
	command.Flags().StringVar(&plan.Team, "team", "default", "`name` of the team that the users belong to")
	command.Flags().StringSliceVar(&plan.Agents, "agent", nil, "`name` of a machine that publishes; may be given several times")
	command.Flags().StringSliceVar(&plan.Viewers, "viewer", nil, "`name` of a user who may look; may be given several times")
	command.Flags().StringSliceVar(&plan.Watchers, "watcher", nil, "`name` of a machine that tells receivers; may be given several times")
	return command
}

func (a *app) hubInit(plan fleet.HubPlan) error {
	const mostPort = 65535
	if plan.Port < 1 || plan.Port > mostPort {
		return usage(fmt.Sprintf("--port %d is out of range", plan.Port), "1 to 65535")
	}
	made, err := fleet.InitHub(plan)
	if err != nil {
		return err
	}
	for _, path := range made {
		if err := a.say("wrote %s", path); err != nil {
			return err
		}
	}
	return a.say("wrote %s; copy each key, and %s, to its machine and name them in its config:\n\n[fleet]\nservers = [\"tls://%s:%d\"]\nteam = %q\nname = \"NAME\"      # as it was given here\nplace = \"PLACE\"\ncredentials = \"agent-NAME.nk\"\nca = \"ca.pem\"\n\nthen run: errtop hub --dir %s",
		filepath.Join(plan.Dir, "hub.conf"), filepath.Join(plan.Dir, "ca.pem"), plan.Hosts[0], plan.Port, plan.Team, plan.Dir)
}
