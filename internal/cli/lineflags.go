package cli

import (
	"time"

	"github.com/spf13/cobra"

	"errtop/internal/filter"
	"errtop/internal/logline"
	"errtop/tracker"
)

// lineFlags are the flags that say how the lines of logs are understood, as they were typed. They are the keys of [[sources]].
type lineFlags struct {
	format, target, zone, exclude, users string
	fields                               map[string]string
	noMonitors                           bool
}

// add gives a command the flags.
func (f *lineFlags) add(command *cobra.Command) {
	f.addReading(command)
	command.Flags().StringVar(&f.format, "format", "", "`name` of the logs' format: "+words(logline.Formats())+" (recognised by default)")
	command.Flags().StringVar(&f.target, "target", "", "`template` of the target, as {host} or {path[0:2]} (what the line offers best by default)")
}

// addReading gives a command those flags that are about reading only, for one whose --format and --target mean something else.
func (f *lineFlags) addReading(command *cobra.Command) {
	flags := command.Flags()
	flags.StringToStringVar(&f.fields, "fields", nil, "`names` for fields that the logs call otherwise, as status=http.code,duration_ms=took")
	flags.StringVar(&f.zone, "zone", "", "`zone` of times that name none, as Europe/Berlin (by default this machine's in a log that is written now, else UTC)")
	flags.StringVar(&f.exclude, "exclude", "", "leave out requests for which the `expression` holds, as 'agent contains \"kube-probe\"'")
	flags.StringVar(&f.users, "users", "", "how the names of users in lines are kept: "+words(logline.AllUsers())+" (shown by default)")
	flags.BoolVar(&f.noMonitors, "no-monitors", false, "leave out the requests of health checks and uptime monitors")
}

// apply puts the flags into options.
func (f *lineFlags) apply(options *logline.Options, exclude *func(*tracker.Result, string) bool) (err error) {
	options.Format, options.Fields, options.Target = logline.Format(f.format), f.fields, f.target
	options.Zone, options.Users, options.NoMonitors = f.zone, logline.Users(f.users), f.noMonitors
	if *exclude, err = filter.Excluder(f.exclude); err != nil {
		return usage("--"+err.Error(), "an expression over agent, route, host, status and the like")
	}
	if _, err = logline.NewDecoder(logline.Options{Zone: f.zone, Fields: f.fields, Target: f.target, Users: logline.Users(f.users)}, time.Time{}); err != nil {
		return usage("--"+err.Error(), "")
	}
	return nil
}
