package cli

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"errtop/internal/config"
	"errtop/internal/engine"
)

// fleetFlag gives a command --fleet.
func fleetFlag(command *cobra.Command, servers *string) {
	command.Flags().StringVar(servers, "fleet", "", "show the sum of the agents at these `servers`, as nats://host:4222, instead of what this machine counts")
}

// looksAtFleet makes settings those of a viewer of a fleet where servers are named, or where the settings name some and nothing to
// watch. It reports whether they are now.
func looksAtFleet(settings *config.Config, servers string, others bool) (bool, error) {
	if servers != "" {
		list := strings.Split(servers, ",")
		for _, server := range list {
			if err := config.CheckFleetServer(server); err != nil {
				return false, usage("--fleet: "+err.Error(), "errtop --fleet nats://hub.example.com:4222")
			}
		}
		settings.Fleet.Servers = list
		settings.Targets, settings.Sources, settings.Push = nil, nil, config.Push{}
		return true, nil
	}
	return len(settings.Fleet.Servers) > 0 && !others && !engine.HasInputs(settings), nil
}

// openForFleet is openSettings, and says whether they are those of a viewer of a fleet.
func (a *app) openForFleet(servers string, others bool) (settings *config.Config, path string, look bool, err error) {
	settings, path, err = a.openSettings()
	if err == nil {
		look, err = looksAtFleet(settings, servers, others)
	}
	return settings, path, look, err
}

// fleetTitle names a fleet in the header.
func fleetTitle(settings *config.Config) string {
	if settings.Name != "" {
		return settings.Name
	}
	return fmt.Sprintf("fleet %s", settings.Fleet.Team)
}
