package otlp

import (
	"net"
	"net/url"
	"strconv"
	"strings"

	common "go.opentelemetry.io/proto/slim/otlp/common/v1"
)

// facts are what attributes say about a request, whatever version of the conventions names them.
type facts struct {
	method, route, url, path     string
	host, port, address, peer    string
	agent                        string
	errorType                    string
	rpcSystem, rpcService        string
	rpcMethod, rpcStatus         string
	exception, message, stack    string
	service, version, region     string
	machine                      string
	status                       int
	isHTTP, isRPC, isOtherSystem bool // of a database, a queue
}

// slotOf returns where an attribute's text belongs, and whether its name is the current one: that wins over older ones.
func (f *facts) slotOf(key string) (slot *string, current bool) {
	switch key {
	case "http.request.method":
		return &f.method, true
	case "http.method":
		return &f.method, false
	case "http.route":
		return &f.route, true
	case "url.template":
		return &f.route, false
	case "url.full":
		return &f.url, true
	case "http.url":
		return &f.url, false
	case "url.path":
		return &f.path, true
	case "http.target":
		return &f.path, false
	case "server.address":
		return &f.host, true
	case "net.peer.name", "net.host.name", "http.host", "http.server_name":
		return &f.host, false
	case "server.port":
		return &f.port, true
	case "net.peer.port", "net.host.port":
		return &f.port, false
	case "network.peer.address":
		return &f.address, true
	case "server.socket.address", "net.sock.peer.addr", "net.peer.ip":
		return &f.address, false
	case "peer.service", "service.peer.name":
		return &f.peer, true
	case "user_agent.original":
		return &f.agent, true
	case "http.user_agent":
		return &f.agent, false
	case "error.type":
		return &f.errorType, true
	}
	return f.slotOfOthers(key)
}

// slotOfOthers is slotOf for what is not HTTP's.
func (f *facts) slotOfOthers(key string) (slot *string, current bool) {
	switch key {
	case "rpc.system.name":
		return &f.rpcSystem, true
	case "rpc.system":
		return &f.rpcSystem, false
	case "rpc.service":
		return &f.rpcService, true
	case "rpc.method":
		return &f.rpcMethod, true
	case "rpc.response.status_code":
		return &f.rpcStatus, true
	case "rpc.grpc.status_code", "rpc.connect_rpc.error_code", "grpc.status_code":
		return &f.rpcStatus, false
	case "exception.type":
		return &f.exception, true
	case "exception.message":
		return &f.message, true
	case "exception.stacktrace":
		return &f.stack, true
	case "service.name":
		return &f.service, true
	case "service.version":
		return &f.version, true
	case "cloud.region":
		return &f.region, true
	case "host.name":
		return &f.machine, true
	}
	return nil, false
}

// take notes what attributes say.
func (f *facts) take(attributes []*common.KeyValue) {
	for _, a := range attributes {
		switch key := a.GetKey(); {
		case key == "http.response.status_code", key == "http.status_code" && f.status == 0:
			f.status = intOf(a.GetValue())
			f.isHTTP = true
		case strings.HasPrefix(key, "db."), strings.HasPrefix(key, "messaging."), strings.HasPrefix(key, "faas."):
			f.isOtherSystem = true
		default:
			slot, current := f.slotOf(key)
			text := textOf(a.GetValue())
			if slot == nil || text == "" || *slot != "" && !current {
				continue
			}
			*slot = text
			f.isHTTP = f.isHTTP || slot == &f.method
			f.isRPC = f.isRPC || slot == &f.rpcSystem || slot == &f.rpcMethod || slot == &f.rpcStatus
		}
	}
}

// textOf returns a value as text; "" for lists and maps.
func textOf(v *common.AnyValue) string {
	switch v := v.GetValue().(type) {
	case *common.AnyValue_StringValue:
		return v.StringValue
	case *common.AnyValue_IntValue:
		return strconv.FormatInt(v.IntValue, 10)
	case *common.AnyValue_DoubleValue:
		return strconv.FormatFloat(v.DoubleValue, 'g', -1, 64)
	case *common.AnyValue_BoolValue:
		return strconv.FormatBool(v.BoolValue)
	default:
		return ""
	}
}

// intOf returns a value as a number, or 0 if it is none.
func intOf(v *common.AnyValue) int {
	n, err := strconv.Atoi(textOf(v))
	if err != nil || n < 0 || n > 999 {
		return 0
	}
	return n
}

// serverName returns the name of the server that a client called: its address, or what the client calls it.
func (f *facts) serverName() string {
	host := f.host
	if host == "" && f.url != "" {
		if u, err := url.Parse(f.url); err == nil {
			host = u.Host
		}
	}
	if name, port, err := net.SplitHostPort(host); err == nil {
		host = name
		if f.port == "" {
			f.port = port
		}
	}
	for _, name := range []string{f.peer, f.address} {
		if host == "" {
			host = name
		}
	}
	if ip := net.ParseIP(strings.Trim(host, "[]")); f.port != "" && (host == "localhost" || ip != nil && ip.IsLoopback()) {
		return net.JoinHostPort(strings.Trim(host, "[]"), f.port) // several servers have that name
	}
	return host
}

// place returns a request's path without query, its route where that is known.
func (f *facts) place() string {
	if f.route != "" {
		return f.route
	}
	path := f.path
	if path == "" && f.url != "" {
		if u, err := url.Parse(f.url); err == nil {
			path = u.Path
		}
	}
	path, _, _ = strings.Cut(path, "?")
	return path
}

// procedure returns the path of an RPC: "/package.Service/Method".
func (f *facts) procedure() string {
	method := strings.TrimPrefix(f.rpcMethod, "/")
	if f.rpcService != "" && !strings.Contains(method, "/") {
		return "/" + f.rpcService + "/" + method
	}
	if method == "" {
		return ""
	}
	return "/" + method
}
