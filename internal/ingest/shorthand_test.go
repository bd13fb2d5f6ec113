package ingest

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

func TestShorthandsStandForCommands(t *testing.T) {
	const ssh = "ssh -T -o BatchMode=yes -o ConnectTimeout=10 -o ServerAliveInterval=15 -o ServerAliveCountMax=2"
	for name, want := range map[string]string{
		"ssh://web1/var/log/nginx/access.log":     ssh + " -- web1 exec tail -n 5000 -F -q -- /var/log/nginx/access.log",
		"ssh://root@web1:2222/a b/it's.log":       ssh + ` -p 2222 -- root@web1 exec tail -n 5000 -F -q -- /a' 'b/it"'"s.log`,
		"ssh://me@[2001:db8::1]:22/var/log/*.log": ssh + " -p 22 -- me@2001:db8::1 exec tail -n 5000 -F -q -- /var/log/*.log",
		"ssh://[2001:db8::1]/x":                   ssh + " -- 2001:db8::1 exec tail -n 5000 -F -q -- /x",
		"ssh://web1/~/app.log":                    ssh + " -- web1 exec tail -n 5000 -F -q -- ~/app.log",
		"ssh://web1/$(reboot);`x`|y>z&\"":         ssh + " -- web1 exec tail -n 5000 -F -q -- /'$''('reboot')'';''`'x'`''|'y'>'z'&''\"'",
		"k8s://shop/app=api,tier!=db":             "kubectl logs --all-containers --prefix --tail=5000 --follow --namespace=shop --max-log-requests=100 --selector=app=api,tier!=db",
		"k8s://shop/deploy/api":                   "kubectl logs --all-containers --prefix --tail=5000 --follow --namespace=shop deploy/api",
		"k8s:///app%20in%20(a,b)":                 "kubectl logs --all-containers --prefix --tail=5000 --follow --max-log-requests=100 --selector=app in (a,b)",
		"docker://shop-api-1":                     "docker logs --tail 5000 --follow shop-api-1",
		"journal://nginx":                         "journalctl --output=json --no-pager --quiet --unit=nginx --lines=5000 --follow",
	} {
		commands, err := Shorthand(name, Options{})
		if err != nil || len(commands) != 1 || strings.Join(commands[0].Args, " ") != want {
			t.Errorf("%s: %v\n%v\nwant\n%q", name, err, commands, want)
		}
	}
	for name, want := range map[string]string{
		"ssh://web1/x":    "tail -n +1 -q",
		"k8s://a/b":       "--tail=-1",
		"docker://a":      "--tail all",
		"journal://nginx": "--lines=all",
	} {
		commands, err := Shorthand(name, Options{All: true, NoFollow: true})
		if err != nil || len(commands) != 1 || !commands[0].Once {
			t.Fatalf("%s: %v, %v", name, commands, err)
		}
		if args := strings.Join(commands[0].Args, " "); !strings.Contains(args, want) || strings.Contains(args, "--follow") || strings.Contains(args, "-F") {
			t.Errorf("%s: %q", name, args)
		}
	}
}

func TestWrongShorthandsAreRefusedWithTheirForm(t *testing.T) {
	for name, want := range map[string]string{
		"http://web1/x":                    "known are ssh, k8s, docker and journal",
		"ssh://web1":                       "names no file; expected ssh://[user@]host[:port]/path/of/log",
		"ssh:///var/log/x":                 "names no host",
		"ssh://-oProxyCommand=reboot/x":    "names no host",
		"ssh://me@-oProxyCommand=reboot/x": "names no host",
		"ssh://web1:http/x":                "port \"http\" is not a number",
		"ssh://web1:99999/x":               "is not a number up to 65535",
		"ssh://web{1..3/x":                 "{ without }",
		"ssh://web{1}/x":                   "neither a list",
		"ssh://web{3..1}/x":                "not a range",
		"ssh://web{1..9999}/x":             "not a range",
		"ssh://{1..200}/{1..200}":          "more than 256 sources",
		"k8s://shop/":                      "names no pods",
		"k8s://shop/--all":                 "names no pods",
		"k8s://-n/a":                       "names no pods",
		"docker://":                        "names no container",
		"docker://a/b":                     "names no container",
		"docker://-a":                      "names no container",
		"journal://":                       "names no unit",
		"journal://a/b":                    "names no unit",
	} {
		if _, err := Shorthand(name, Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", name, err, want)
		}
	}
}

func TestBracesStandForSeveralSources(t *testing.T) {
	for name, want := range map[string]string{
		"ssh://web{1..3}/x":           "web1 web2 web3",
		"ssh://{eu,us}-web{08..10}/x": "eu-web08 eu-web09 eu-web10 us-web08 us-web09 us-web10",
		"ssh://web/x":                 "web",
	} {
		commands, err := Shorthand(name, Options{})
		var hosts []string
		for _, c := range commands {
			hosts = append(hosts, c.Machine)
			if c.Name != "ssh://"+c.Machine+"/x" {
				t.Errorf("%s is called %s", c.Machine, c.Name)
			}
		}
		if err != nil || !slices.Equal(hosts, strings.Fields(want)) {
			t.Errorf("%s: %v, %v", name, hosts, err)
		}
	}
}

func TestStartsAreFurtherApartEachTimeAndNeverAllAtOnce(t *testing.T) {
	for failures, seconds := range []int{1, 2, 4, 8, 16, 32, 60, 60} {
		most := time.Duration(seconds) * time.Second
		for _, random := range []float64{0, 0.5, 0.999} {
			if wait := restartDelay(failures, random); wait < most/2 || wait >= most {
				t.Errorf("after %d failures %v, want %v to %v", failures, wait, most/2, most)
			}
		}
	}
	if wait := restartDelay(1000, 0); wait != restartMost/2 {
		t.Errorf("after 1000 failures %v", wait)
	}
}

func TestReplayLeavesOutWhatCameBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newReplay()
		noon := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
		at := func(second int) time.Time { return noon.Add(time.Duration(second) * time.Second) }
		take := func(text string, when time.Time, want bool) {
			t.Helper()
			if got := r.seen([]byte(text), when, time.Now()); got != want {
				t.Errorf("%q seen before: %v", text, got)
			}
		}
		r.again(time.Now()) // nothing came before
		take("a", at(1), false)
		take("a", at(1), false) // the same line twice
		take("b", at(100), false)
		r.again(time.Now())
		take("a", at(1), true)
		take("a", at(1), true)
		take("long ago", at(50), true) // older than what is remembered
		take("late", at(96), false)    // of another pod
		take("b", at(100), true)
		take("b", at(100), false) // a third one is new
		take("c", at(101), false)
		take("no time", time.Time{}, false)
		time.Sleep(replayTime + 1)
		take("c", at(101), false)
		take("long ago", at(50), false)
		for range 3 * replayLines {
			take("d", at(200), false)
		}
		if len(r.ring) != replayLines || len(r.count) != 1 {
			t.Errorf("%d lines are remembered, %d different ones", len(r.ring), len(r.count))
		}
	})
}
