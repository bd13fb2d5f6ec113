package demo

import (
	"slices"
	"strings"
	"time"
)

// apiRoot is the path of the models in the reference API.
const apiRoot = "/api/v1/"

// tier is a customer's plan.
type tier uint8

const (
	starter tier = iota
	pro
)

func (t tier) String() string { return [...]string{"starter", "pro"}[t] }

// model is an image or video model that the API serves.
type model struct {
	name    string // "flux/dev": provider and model
	needs   tier
	latency time.Duration // the median
	timeout time.Duration // how long its clients wait: always longer than the slowest healthy answer
}

func (m *model) provider() string { return provider(m.name) }

// provider returns the first part of a model's name.
func provider(name string) string {
	p, _, _ := strings.Cut(name, "/")
	return p
}

// route returns the path of the model of that name.
func route(name string) string { return apiRoot + name }

var models = [...]model{
	{"kling/v2.1", pro, 1400 * time.Millisecond, 6 * time.Second},
	{"veo/3", pro, 1800 * time.Millisecond, 8 * time.Second},
	{"flux/dev", starter, 650 * time.Millisecond, 3 * time.Second},
	{"flux/schnell", starter, 220 * time.Millisecond, 2 * time.Second},
	{"sdxl/turbo", starter, 300 * time.Millisecond, 3 * time.Second},
}

// findModel returns the model of that name, or nil.
func findModel(name string) *model {
	if i := slices.IndexFunc(models[:], func(m model) bool { return m.name == name }); i >= 0 {
		return &models[i]
	}
	return nil
}

// The customers that hold keys.
const (
	keyStudio    = "studio"
	keyApp       = "app"
	keyThumbs    = "thumbs"
	keyBatch     = "batch"
	keyMarketing = "marketing"
	keyArchive   = "archive"
	keyProbe     = "probe"
	keyHobby     = "hobby"
	keyImages    = "images"
	keySuspended = "suspended"
)

// key is a customer's API key and its permissions.
type key struct {
	owner     string
	tier      tier
	perMinute int
	providers []string // nil: all
	suspended bool
}

var keys = [...]key{
	{owner: keyStudio, tier: pro, perMinute: 600},
	{owner: keyApp, tier: pro, perMinute: 600},
	{owner: keyThumbs, tier: pro, perMinute: 600},
	{owner: keyBatch, tier: pro, perMinute: 30},
	{owner: keyMarketing, tier: pro, perMinute: 120},
	{owner: keyArchive, tier: starter, perMinute: 300},
	{owner: keyProbe, tier: pro, perMinute: 6000},
	{owner: keyHobby, tier: starter, perMinute: 60},
	{owner: keyImages, tier: pro, perMinute: 60, providers: []string{"flux", "sdxl"}},
	{owner: keySuspended, tier: pro, perMinute: 60, suspended: true},
}

// token returns the key of a customer as it is sent.
func token(owner string) string { return "fm_demo_" + owner }

// findKey returns the key that was sent, or nil.
func findKey(sent string) *key {
	if i := slices.IndexFunc(keys[:], func(k key) bool { return token(k.owner) == sent }); i >= 0 {
		return &keys[i]
	}
	return nil
}

// client is a program of a customer that sends requests to one model.
type client struct {
	agent string // its User-Agent
	key   string
	model string
	gap   time.Duration // between two requests, on average
	storm time.Duration // the same during its storm; 0 for those that have none

	region string // where it runs mostly
}

// stormClient is the one that overruns its rate limit: a batch job that ignores Retry-After.
const stormClient = "catalog-import/0.9"

var clients = [...]client{
	{agent: "studio-web/5.2", key: keyStudio, model: "kling/v2.1", gap: 500 * time.Millisecond, region: "eu"},
	{agent: "studio-video/1.8", key: keyStudio, model: "veo/3", gap: 3 * time.Second, region: "us"},
	{agent: "campaigns/2.0", key: keyMarketing, model: "veo/3", gap: 2 * time.Second, region: "eu"},
	{agent: "mobile-app/7.11", key: keyApp, model: "flux/dev", gap: 330 * time.Millisecond, region: "us"},
	{agent: "thumbnailer/3.4", key: keyThumbs, model: "flux/schnell", gap: 800 * time.Millisecond, region: "eu"},
	{agent: stormClient, key: keyBatch, model: "flux/schnell", gap: 5 * time.Second, storm: 160 * time.Millisecond, region: "us"},
	{agent: "archive/1.1", key: keyArchive, model: "sdxl/turbo", gap: 700 * time.Millisecond, region: "eu"},
}
