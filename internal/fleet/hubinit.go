package fleet

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io/fs"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/nats-io/nkeys"

	"errtop/internal/safefile"
)

// The files of a hub's folder.
const (
	hubConfig = "hub.conf" // of the server, as nats-server reads it too
	hubCA     = "ca.pem"
	hubCert   = "hub.pem"
	hubKey    = "hub.key"
	hubKeys   = "keys" // TEAM/ROLE-NAME.nk
	hubStore  = "store"
)

// The roles of users.
const (
	roleAgent   = "agent"   // publishes under its own name, and nothing else
	roleViewer  = "viewer"  // reads
	roleWatcher = "watcher" // reads, and agrees with the other watchers on who tells
	roleHub     = "hub"     // makes the streams
)

// HubPlan is what [InitHub] writes.
type HubPlan struct {
	Dir      string
	Hosts    []string // names and addresses that the hub is reached by
	Port     int
	Team     string
	Agents   []string
	Viewers  []string
	Watchers []string
}

// InitHub writes certificates, keys and the server's config into a folder. What is there stays: calling it again adds users and
// teams. It returns the paths of the keys that it made.
func InitHub(plan HubPlan) (made []string, err error) {
	if err := os.MkdirAll(filepath.Join(plan.Dir, hubKeys, token(plan.Team)), 0o700); err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	if err := makeCertificates(plan.Dir, plan.Hosts); err != nil {
		return nil, err
	}
	for _, of := range []struct {
		role  string
		names []string
	}{{roleHub, []string{roleHub}}, {roleAgent, plan.Agents}, {roleViewer, plan.Viewers}, {roleWatcher, plan.Watchers}} {
		for _, name := range of.names {
			path := keyPath(plan.Dir, plan.Team, of.role, name)
			switch err := makeKey(path); {
			case err == nil && of.role != roleHub:
				made = append(made, path)
			case err != nil && !errors.Is(err, fs.ErrExist):
				return made, err
			}
		}
	}
	config, err := serverConfig(plan)
	if err != nil {
		return made, err
	}
	if err := replaceFile(filepath.Join(plan.Dir, hubConfig), []byte(config)); err != nil {
		return made, fmt.Errorf("hub: %w", err)
	}
	return made, nil
}

// keyPath returns where the seed of a user is.
func keyPath(dir, team, role, name string) string {
	return filepath.Join(dir, hubKeys, token(team), role+"-"+token(name)+".nk")
}

// makeKey writes the seed of a new user, which only its owner may read. It never replaces one.
func makeKey(path string) error {
	pair, err := nkeys.CreateUser()
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	seed, err := pair.Seed()
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	if err := safefile.Create(path, append(seed, '\n')); err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	return nil
}

// teamsOf returns the teams that have keys in a folder, as tokens.
func teamsOf(dir string) (teams []string, err error) {
	entries, err := os.ReadDir(filepath.Join(dir, hubKeys))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil // the config is somebody else's
	}
	if err != nil {
		return nil, fmt.Errorf("hub: %w", err)
	}
	for _, e := range entries {
		if e.IsDir() {
			teams = append(teams, untoken(e.Name()))
		}
	}
	return teams, nil
}

// untoken returns the name that a token was made of.
func untoken(t string) string {
	var b strings.Builder
	for i := 0; i < len(t); i++ {
		var c byte
		if t[i] == '_' && i+2 < len(t) {
			if n, err := fmt.Sscanf(t[i+1:i+3], "%02x", &c); n == 1 && err == nil {
				b.WriteByte(c)
				i += 2
				continue
			}
		}
		b.WriteByte(t[i])
	}
	return b.String()
}

// serverConfig returns the config of the server for all keys of the folder.
func serverConfig(plan HubPlan) (string, error) {
	teams, err := teamsOf(plan.Dir)
	if err != nil {
		return "", err
	}
	dir, err := filepath.Abs(plan.Dir)
	if err != nil {
		return "", fmt.Errorf("hub: %w", err)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `# Written by errtop hub init, which adds users and keeps what else it wrote. nats-server -c hub.conf runs it too.
listen: "0.0.0.0:%d"
server_name: errtop-hub
max_payload: 1MB
tls {
  cert_file: %q
  key_file: %q
}
jetstream {
  store_dir: %q
  max_file_store: 20GB
  # A message is on the disk before it is confirmed: a loss of power takes nothing that an agent counts as sent.
  sync_interval: always
}
accounts {
`, plan.Port, filepath.Join(dir, hubCert), filepath.Join(dir, hubKey), filepath.Join(dir, hubStore))
	for _, team := range teams {
		if err := accountConfig(&b, plan.Dir, team); err != nil {
			return "", err
		}
	}
	b.WriteString("}\n")
	return b.String(), nil
}

// accountConfig writes the account of a team: nobody in it sees another team's messages.
func accountConfig(b *strings.Builder, dir, team string) error {
	keys, err := filepath.Glob(filepath.Join(dir, hubKeys, token(team), "*.nk"))
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	slices.Sort(keys)
	fmt.Fprintf(b, "  %s: {\n    jetstream: enabled\n    users: [\n", StreamOf(team))
	for _, path := range keys {
		role, name, ok := strings.Cut(strings.TrimSuffix(filepath.Base(path), ".nk"), "-")
		if !ok {
			continue
		}
		seed, err := os.ReadFile(path) //nolint:gosec // in the hub's own folder
		if err != nil {
			return fmt.Errorf("hub: %w", err)
		}
		pair, err := nkeys.FromSeed([]byte(strings.TrimSpace(string(seed))))
		if err != nil {
			return fmt.Errorf("hub: %s: %w", path, err)
		}
		public, err := pair.PublicKey()
		if err != nil {
			return fmt.Errorf("hub: %s: %w", path, err)
		}
		fmt.Fprintf(b, "      # %s %s\n      { nkey: %s%s }\n", role, name, public, permissions(role, team, name))
	}
	b.WriteString("    ]\n  }\n")
	return nil
}

// permissions returns what a user may do, in the server's language. An agent may publish under its own name only, and hears nothing
// but the servers' answers to it.
func permissions(role, team, name string) string {
	t, stream := token(team), StreamOf(team)
	quoted := func(subjects ...string) string { return `["` + strings.Join(subjects, `", "`) + `"]` }
	reads := []string{
		"$JS.API.INFO", "$JS.API.STREAM.INFO." + stream, "$JS.API.CONSUMER.CREATE." + stream + ".>", "$JS.API.CONSUMER.MSG.NEXT." + stream + ".>",
		"$JS.API.CONSUMER.INFO." + stream + ".>", "$JS.API.CONSUMER.DELETE." + stream + ".>", "$JS.FC." + stream + ".>",
	}
	bucket := bucketOf(team)
	var publish, subscribe []string
	switch role {
	case roleAgent:
		publish, subscribe = []string{prefix + t + "." + name + ".>"}, []string{"_INBOX." + t + "." + name + ".>"}
	case roleViewer:
		publish, subscribe = reads, []string{prefix + t + ".>", "_INBOX." + t + ".>"}
	case roleWatcher:
		publish = reads
		for _, name := range []string{bucket, toldBucketOf(team)} {
			publish = append(publish, "$KV."+name+".>", "$JS.API.STREAM.INFO.KV_"+name, "$JS.API.DIRECT.GET.KV_"+name+".>")
		}
		subscribe = []string{prefix + t + ".>", "_INBOX." + t + ".>"}
	default:
		return ""
	}
	return ", permissions: { publish: { allow: " + quoted(publish...) + " }, subscribe: { allow: " + quoted(subscribe...) + " } }"
}

// certificateLife is how long the certificates of a hub hold.
const certificateLife = 10 * 365 * 24 * time.Hour

// makeCertificates writes an authority of the hub's own and its certificate, unless they are there.
func makeCertificates(dir string, hosts []string) error {
	if _, err := os.Stat(filepath.Join(dir, hubCert)); err == nil {
		return nil
	}
	now := time.Now()
	template := func(name string) *x509.Certificate {
		serial, _ := rand.Int(rand.Reader, new(big.Int).Lsh(big.NewInt(1), 120)) // it never fails
		return &x509.Certificate{
			SerialNumber: serial, Subject: pkix.Name{CommonName: name}, NotBefore: now.Add(-time.Hour), NotAfter: now.Add(certificateLife),
			BasicConstraintsValid: true,
		}
	}
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	ca := template("errtop hub authority")
	ca.IsCA, ca.KeyUsage = true, x509.KeyUsageCertSign
	caDER, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	own := template("errtop hub")
	own.KeyUsage, own.ExtKeyUsage = x509.KeyUsageDigitalSignature, []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
	for _, host := range hosts {
		if ip := net.ParseIP(host); ip != nil {
			own.IPAddresses = append(own.IPAddresses, ip)
		} else {
			own.DNSNames = append(own.DNSNames, host)
		}
	}
	ownDER, err := x509.CreateCertificate(rand.Reader, own, ca, key.Public(), caKey)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return fmt.Errorf("hub: %w", err)
	}
	for name, block := range map[string]*pem.Block{
		hubCA: {Type: "CERTIFICATE", Bytes: caDER}, hubKey: {Type: "PRIVATE KEY", Bytes: keyDER}, hubCert: {Type: "CERTIFICATE", Bytes: ownDER},
	} {
		if err := replaceFile(filepath.Join(dir, name), pem.EncodeToMemory(block)); err != nil {
			return fmt.Errorf("hub: %w", err)
		}
	}
	return nil
}

// replaceFile writes a file whole or not at all, for its owner only.
func replaceFile(path string, content []byte) error {
	const ownerOnly = 0o600
	_ = os.Remove(path + ".new") // one that was left behind would keep its mode
	if err := os.WriteFile(path+".new", content, ownerOnly); err != nil {
		return err //nolint:wrapcheck // the caller does
	}
	return os.Rename(path+".new", path) //nolint:wrapcheck // the caller does
}
