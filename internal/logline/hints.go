package logline

// hint names a writer that a key gives away, by whose habits the values of its other keys are understood.
type hint uint8

const (
	hintNone hint = iota
	hintRails
	hintRailsParts // the parts of Rails' duration
	hintCaddy
	hintEnvoy
	hintAPISIX
	hintDatadog
	hintNginx
	hintCloudFront
	hintAzure
	hintIIS
	hintDropwizard
	hintLogback
	hintTraefik
	hintNetlify
	hintLattice
	hintSpan
	hintPid
	hintHostname
	hintCaller
	hintMessage
	hintMsg
	hintKubernetes
	hintEcho
	hintFastly
	hintTracing
)

// hintKeys are the keys, folded, that give a writer away.
var hintKeys = map[hint]string{
	hintRails:      `controller`,
	hintRailsParts: `view db allocations viewruntime dbruntime`,
	hintCaddy:      `request.proto errid request.remoteport`,
	hintEnvoy:      `responseflags responsecodedetails upstreamcluster upstreamtransportfailurereason xenvoyoriginalpath xenvoyoriginpath connectionterminationdetails`,
	hintAPISIX:     `apisixlatency`,
	hintDatadog:    `ddsource ddtags dd.traceid http.urldetails.path network.client.ip`,
	hintNginx: `bodybytessent bytessent requestlength upstreamresponsetime upstreamaddr httpuseragent httpreferer httpreferrer timelocal
		timeiso8601 msec serverprotocol remoteuser`,
	hintCloudFront: `xedgelocation xedgeresulttype xedgerequestid`,
	hintAzure:      `receivedbytes sentbytes sslenabled serverrouted trackingreference timetofirstbyte`,
	hintIIS:        `csuristem scstatus cssubstatus scwin32status`,
	hintDropwizard: `remoteaddress`,
	hintLogback:    `requesteduri requestedurl`,
	hintTraefik:    `originduration originstatus downstreamstatus requestcount routername entrypointname overhead`,
	hintNetlify:    `logtype deployid`,
	hintLattice:    `requesttotargetduration`,
	hintSpan:       `spanid`,
	hintPid:        `pid`,
	hintHostname:   `hostname`,
	hintCaller:     `caller`,
	hintMessage:    `message`,
	hintMsg:        `msg`,
	hintKubernetes: `auditid`,
	hintEcho:       `bytesin`,
	hintFastly:     `fastlyserver fastlyisedge`,
	hintTracing:    `span.name spans`,
}

// hinted reports whether the line has a key that gives h.
func (r *Record) hinted(h hint) bool { return r.hints>>h&1 != 0 }
