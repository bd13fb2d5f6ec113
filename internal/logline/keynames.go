package logline

import "strings"

// knownKeys are the paths of keys that mean something, the best first, as errtop's own NDJSON, Caddy, Traefik, Envoy, nginx, pino,
// bunyan, zap, slog, ECS, Cloudflare, Google Cloud, Azure, Akamai, Kong, API Gateway and the usual hand-written logs spell them
// once folded.
var knownKeys = map[Field]string{
	FieldTime: `ts @timestamp time timestamp datetime @t timeiso8601 timelocal msec stagetimestamp requesttimeepoch reqtimesec
		edgeendtimestamp edgestarttimestamp asctime eventtime eventtimestamp eventtimestampms realtimetimestamp t date.time
		tsms tsus tsns timestampms timestampmillis timestampus timestampns timestampseconds timemillis timeunixnano epoch epochms
		unixtime instant.epochsecond timestamp.seconds datetime.date loggedat logtime receivetimestamp`,
	FieldDate:  `date day logdate`,
	FieldStart: `starttime startedat startutc startlocal requestreceivedtimestamp starttimestamp requeststart event.start begintime starttimeunixnano`,
	FieldEnd:   `endtime endedat finishedat completedat event.end endtimestamp endtimeunixnano`,
	FieldStatus: `status statuscode httpstatus httpstatuscode responsestatus responsestatuscode responsecode rescode
		res.statuscode res.status response.status response.statuscode response.code http.response.statuscode http.statuscode
		http.status edgeresponsestatus downstreamstatus scstatus httpcode responsestatus.code httpresponse.status
		aspnetresponsestatuscode l7.http.code originstatus originresponsestatus upstreamstatus response`,
	FieldMethod: `method requestmethod httpmethod verb req.method request.method http.request.method http.method
		http.requestmethod clientrequestmethod csmethod reqmethod httpverb aspnetrequestmethod`,
	FieldPath: `route http.route path url uri requestpath requesturi requesturl req.url request.uri request.url request.path
		req.path url.path http.url http.target http.path http.uri url.original url.full http.urldetails.path urldetails.path
		clientrequestpath clientrequesturi endpoint fullpath xenvoyoriginalpath xenvoyoriginpath csuristem requesteduri originalurl req.originalurl
		request.originalurl resourcepath reqpath pathname rawpath rawurl httppath httpurl httpuri uripath request.uri.path requestedpath
		aspnetrequesturl protopayload.resource rpc.method grpc.method`,
	FieldRequest: `request requestline requestedurl http.request.line routekey`,
	FieldHost: `host vhost httphost domain authority :authority servername requesthost request.host req.headers.host req.host
		request.headers.host req.hostname url.domain url.host http.host clientrequesthost cshost xhostheader reqhost domainname
		hostheader requesthostname originalhost cs(host) proxy.host`,
	FieldUpstream: `upstream upstreamaddr upstreamhost serviceaddr originip backend upstream.address destination.address serverrouted`,
	FieldTarget:   `target`,
	FieldService: `service servicename service.name upstreamcluster fly.app fly.app.name resource.labels.servicename scriptname
		service.host grpc.service rpc.service`,
	FieldError: `error err errortype error.type err.type err.name error.name error.code err.code responseflags exceptionclass code
		exception.type exception.class errorcode errorinfo xedgedetailedresulttype responsestatus.reason`,
	FieldMessage: `errormessage error.message err.message err.msg errmsg errormsg exception.message responsestatus.message message msg @m
		responsecodedetails desc integrationerrormessage renderedmessage event`,
	FieldLevel: `level severity lvl loglevel log.level levelname @l`,
	FieldStack: `stack stacktrace error.stack err.stack error.stacktrace exception.stacktrace exception traceback excinfo @x errtrace`,
	FieldRequestID: `requestid reqid req.id request.id http.request.id xrequestid correlationid rayid traceid trace.id @tr dd.traceid
		req.headers.xrequestid request.headers.xrequestid xedgerequestid auditid trackingreference httprequest.requestid`,
	FieldBreaker: `breaker breakerstate circuitbreaker circuit circuitstate`,
	FieldKind:    `kind errorkind`,
	FieldResetAt: `resetat retryat ratelimitreset`,
	FieldErrors:  `errors`,
	FieldDetails: `details`,
	FieldLine:    `log line logmessage textpayload @message rawlog`,
	FieldAgent: `agent useragent httpuseragent ua http.useragent useragent.original request.headers.useragent req.headers.useragent
		request.useragent cs(useragent) clientrequestuseragent requestuseragent headers.useragent proxy.useragent`,
	FieldClient:   `tenant tenantid tenant.id tenant.name customer customerid accountid clientid consumer.username organization organizationid orgid client`,
	FieldUser:     `remoteuser user clientusername authuser username userid user.name user.id request.userid`,
	FieldVersion:  `appversion serviceversion service.version release releaseversion deploymentversion build buildid commit gitsha gitcommit imagetag version`,
	FieldRegion:   `region cloud.region cloudregion awsregion fly.region proxy.region datacenter availabilityzone pop xedgelocation edgecolocode`,
	FieldLogger:   `logger loggername log.logger category sourcecontext channel logname`,
	FieldTemplate: `@mt messagetemplate`,
	FieldGRPC: `grpccode grpc.code grpcstatus grpcstatuscode grpc.status grpc.statuscode rpc.grpc.statuscode grpc.status.code
		grpcstatusnumber grpcstatusstring rpc.response.statuscode`,
	FieldStage: `stage l7.type flow.l7.type`,
}

// exactKeys are keys that mean something in this case only.
var exactKeys = map[string]Field{
	"MESSAGE":              FieldLine, // journald
	"__REALTIME_TIMESTAMP": FieldTime,
}

// durationKeys are the names of durations, the best first; each is known with every suffix of durationSuffixes too.
const durationKeys = `duration latency elapsed took timetaken requesttime totaltime elapsedtime processingtime resptime requestduration
	responseduration requestlatency durationhuman latencyhuman responsetime walltime dur executiontime exectime
	timetoresponse handlertime servetime roundtriptime timeelapsed totalduration l7.latency grpc.time request.duration response.duration
	http.duration time.taken`

// suffixedDurationKeys are names that are durations only with a suffix that says the unit.
const suffixedDurationKeys = `total runtime wall`

// partKeys are durations of a part of the request, which count where nothing tells the whole.
const partKeys = `upstreamresponsetime upstreamlatency backendtime backendlatency backendduration integrationlatency turnaroundtime
	timetofirstbyte ttfb firstbyte originresponsetime originresponseduration originduration upstreamservicetime serverresponselatency
	edgetimetofirstbyte xenvoyupstreamservicetime latencies.proxy`

var durationSuffixes = map[string]unit{
	"":  unitGuess,
	"s": unitSecond, "sec": unitSecond, "secs": unitSecond, "seconds": unitSecond, "inseconds": unitSecond, "second": unitSecond,
	"ms": unitMillisecond, "msec": unitMillisecond, "millis": unitMillisecond, "milliseconds": unitMillisecond, "inmillis": unitMillisecond,
	"inms": unitMillisecond, "inmilliseconds": unitMillisecond, "millisecond": unitMillisecond, "msecs": unitMillisecond,
	"us": unitMicrosecond, "usec": unitMicrosecond, "micros": unitMicrosecond, "microseconds": unitMicrosecond, "microsecond": unitMicrosecond,
	"inus": unitMicrosecond, "inmicros": unitMicrosecond, "inmicroseconds": unitMicrosecond, "usecs": unitMicrosecond, "µs": unitMicrosecond,
	"ns": unitNanosecond, "nsec": unitNanosecond, "nanos": unitNanosecond, "nanoseconds": unitNanosecond, "nanosecond": unitNanosecond,
	"inns": unitNanosecond, "innanos": unitNanosecond, "innanoseconds": unitNanosecond,
}

// fixedDurations are durations whose one writer chose a unit without saying so in the key.
var fixedDurations = map[string]unit{
	"event.duration":       unitNanosecond,  // Elastic Common Schema
	"latencies.request":    unitMillisecond, // Kong
	"httpresponse.elapsed": unitMillisecond, // chi's httplog
	"responselatency":      unitMillisecond, // API Gateway
	"ms":                   unitMillisecond,
}

// fixedParts are such durations of a part of the request.
var fixedParts = map[string]unit{
	"upstreamresponsetime":      unitSecond,      // nginx
	"originresponsetime":        unitNanosecond,  // Cloudflare
	"originduration":            unitNanosecond,  // Traefik
	"upstreamservicetime":       unitMillisecond, // Envoy
	"xenvoyupstreamservicetime": unitMillisecond, // Envoy
	"integrationlatency":        unitMillisecond, // API Gateway
	"serverresponselatency":     unitSecond,      // Azure Application Gateway
	"latencies.proxy":           unitMillisecond, // Kong
	"backendtime":               unitMillisecond, // Azure API Management
}

// exactDurations are durations whose unit follows from how the key is spelt.
var exactDurations = map[string]unit{
	"responseTime":  unitMillisecond, // pino-http, hapi, express-winston
	"response-time": unitMillisecond, // morgan
}

// stampsOrDurations are keys that hold the time of the request with one writer and its duration with another: a stamp that cannot
// be one is a duration of that unit.
var stampsOrDurations = map[string]unit{
	"requestTime": unitGuess, // API Gateway's stamp, Dropwizard's duration
	"time_ms":     unitMillisecond,
	"timeMs":      unitMillisecond,
}

// foreign reports whether the values in an object of that name, folded, are not the request's own: they are what it carried, or
// what it was for.
func foreign(parent string) bool {
	switch parent {
	case "body", "params", "query", "queryparams", "querystring", "querystringparameters", "cookies", "form", "formdata", "variables",
		"headers", "requestheaders", "responseheaders", "respheaders", "resheaders", "reqheaders", "session", "env", "environment",
		"config", "settings", "claims", "geo", "items", "products", "users", "user", "device", "labels", "annotations", "tags", "features", "flags",
		"arguments", "input", "output", "schema", "links", "sql", "db", "queue", "job", "memory", "cpu", "process":
		return true
	}
	return strings.HasSuffix(parent, "body") || strings.HasSuffix(parent, "parameters")
}

// isOutbound reports whether an object of that name, folded, describes another request, which this one led to.
func isOutbound(parent string) bool {
	switch parent {
	case "upstream", "backend", "origin", "outgoing", "outbound", "proxy", "subrequest", "dependency", "downstream", "remote", "call", "fetch", "egress":
		return true
	}
	return false
}

// onlyOnTop reports whether a key says something in a list of its own objects only: too many things have a code, a kind or a line.
func onlyOnTop(key string, f Field, level int) bool {
	switch key {
	case "t", "code", "kind", "day", "desc", "event", "response", "request", "build", "version", "release", "client", "pop", "customer",
		"category", "channel", "stage", "agent", "backend", "domain", "endpoint":
		return true
	}
	switch f {
	case FieldLine, FieldTarget, FieldBreaker, FieldLogger:
		return true
	case FieldErrors, FieldDetails:
		return level > 0
	default:
		return false
	}
}
