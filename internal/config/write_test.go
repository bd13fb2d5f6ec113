package config_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"testing"

	"errtop/internal/config"
)

// full is a config with a secret, literal and from the environment, at every place that may hold one.
const full = `
name = "prod"

[dashboard]
keys = { freeze = ["space", "p"], help = [] }

[[targets]]
name = "flux"
url = "https://user:L1TERAL@${HOST}/v1/${KEY}?a=L1TERAL&b=${KEY}#L1TERAL"
headers = { Authorization = "Bearer ${KEY}", X-Key = "L1TERAL" }
body = '''
{"key": "${KEY}", "price": "$$5"}'''
expect = "body != '${KEY}'"
objective = 0.999

[[targets]]
name = "db"
url = "tcp://db:5432"
tls.ca = "${KEY}.pem"

[[sources]]
files = "/var/log/x.log"
fields = { status = "http.code" }

[push]
listen = "127.0.0.1:4318"
token = "L1TERAL"
`

func TestWhatIsWrittenMasksEverySecret(t *testing.T) {
	c := mustLoad(t, full)
	text := write(t, c)
	for _, secret := range []string{"L1TERAL", "s3cret"} {
		if strings.Contains(text, secret) {
			t.Errorf("%s in\n%s", secret, text)
		}
	}
	for _, want := range []string{
		"url = 'https://***@${HOST}/v1/${KEY}?a=***&b=***#***'", "Authorization = '***'", "X-Key = '***'", "token = '***'",
		`{"key": "${KEY}", "price": "$$5"}`, `expect = ["body != '${KEY}'"]`, "ca = '${KEY}.pem'", "interval = '30s'", "objective = 0.999",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("no %s in\n%s", want, text)
		}
	}
}

func TestWhatIsWrittenIsAConfigThatMeansTheSame(t *testing.T) {
	c := mustLoad(t, full)
	text := write(t, c)
	again := mustLoad(t, text)
	if written := write(t, again); written != text {
		t.Errorf("written again:\n%s\nfirst:\n%s", written, text)
	}
	if got, want := again.Targets[0].Body, c.Targets[0].Body; got != want {
		t.Errorf("body %q, want %q", got, want)
	}
	if !reflect.DeepEqual(again.Dashboard, c.Dashboard) || !reflect.DeepEqual(again.Sources, c.Sources) || !reflect.DeepEqual(again.Breaker, c.Breaker) {
		t.Errorf("%+v\nwant %+v", again, c)
	}
}

func TestDefaultsCanBeWritten(t *testing.T) {
	text := write(t, config.Default())
	if again := write(t, mustLoad(t, text)); again != text {
		t.Errorf("%s\nand again\n%s", text, again)
	}
}

func TestASecretIsPrintedAsAMask(t *testing.T) {
	type holder struct{ S config.Secret }
	secret := config.Secret("s3cret")
	text, err := json.Marshal(holder{secret})
	if err != nil {
		t.Fatal(err)
	}
	for _, got := range []string{fmt.Sprint(secret), fmt.Sprintf("%v %+v %q %s %#v", holder{secret}, holder{secret}, secret, secret, holder{secret}), string(text)} {
		if strings.Contains(got, "s3cret") || !strings.Contains(got, "***") {
			t.Error(got)
		}
	}
}

func write(t *testing.T, c *config.Config) string {
	t.Helper()
	var b bytes.Buffer
	if err := c.WriteTOML(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
