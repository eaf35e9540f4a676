// A control plane for tests on go-control-plane's own server and cache: what it says of the protocol is not our reading of it.
//
// Flags: -listen ADDRESS of the gRPC server, -ads: aggregated resources come in the order that the cache keeps.
// Commands come on standard input, one JSON object a line:
//
//	{"version": "1", "resources": [{"@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster", …}, …]}
//
// sets the snapshot of every node. What happens is told on standard output, one JSON object a line: {"event": "listening", "address": …},
// {"event": "request", "type": …, "version": …, "nonce": …, "names": […], "error": …}, {"event": "response", …}.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"net"
	"os"
	"sync"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	clusterservice "github.com/envoyproxy/go-control-plane/envoy/service/cluster/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	endpointservice "github.com/envoyproxy/go-control-plane/envoy/service/endpoint/v3"
	listenerservice "github.com/envoyproxy/go-control-plane/envoy/service/listener/v3"
	routeservice "github.com/envoyproxy/go-control-plane/envoy/service/route/v3"
	runtimeservice "github.com/envoyproxy/go-control-plane/envoy/service/runtime/v3"
	secretservice "github.com/envoyproxy/go-control-plane/envoy/service/secret/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/types/known/anypb"

	_ "github.com/envoyproxy/go-control-plane/envoy/config/bootstrap/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/access_loggers/stream/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/tcp_proxy/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/upstreams/http/v3"
)

var out sync.Mutex

func tell(event map[string]any) {
	line, err := json.Marshal(event)
	if err != nil {
		panic(err)
	}
	out.Lock()
	defer out.Unlock()
	fmt.Println(string(line))
}

// Every proxy gets the same snapshot.
type everybody struct{}

func (everybody) ID(*core.Node) string { return "all" }

type command struct {
	Version   string            `json:"version"`
	Resources []json.RawMessage `json:"resources"`
}

func snapshotOf(c command) (*cache.Snapshot, error) {
	byType := map[string][]types.Resource{}
	for _, raw := range c.Resources {
		var any anypb.Any
		if err := protojson.Unmarshal(raw, &any); err != nil {
			return nil, fmt.Errorf("%w in %s", err, raw)
		}
		message, err := any.UnmarshalNew()
		if err != nil {
			return nil, err
		}
		byType[any.TypeUrl] = append(byType[any.TypeUrl], message)
	}
	return cache.NewSnapshot(c.Version, byType)
}

func status(error interface{ GetMessage() string }) string { return error.GetMessage() }

func callbacks() server.Callbacks {
	return server.CallbackFuncs{
		StreamOpenFunc: func(_ context.Context, id int64, url string) error {
			tell(map[string]any{"event": "open", "stream": id, "type": url})
			return nil
		},
		StreamClosedFunc: func(id int64, _ *core.Node) { tell(map[string]any{"event": "closed", "stream": id}) },
		DeltaStreamOpenFunc: func(_ context.Context, id int64, url string) error {
			tell(map[string]any{"event": "open", "stream": id, "type": url})
			return nil
		},
		DeltaStreamClosedFunc: func(id int64, _ *core.Node) { tell(map[string]any{"event": "closed", "stream": id}) },
		StreamRequestFunc: func(id int64, r *discovery.DiscoveryRequest) error {
			tell(map[string]any{"event": "request", "stream": id, "type": r.TypeUrl, "version": r.VersionInfo, "nonce": r.ResponseNonce,
				"names": r.ResourceNames, "error": status(r.ErrorDetail), "node": r.Node.GetId()})
			return nil
		},
		StreamResponseFunc: func(_ context.Context, id int64, r *discovery.DiscoveryRequest, a *discovery.DiscoveryResponse) {
			tell(map[string]any{"event": "response", "stream": id, "type": a.TypeUrl, "version": a.VersionInfo, "nonce": a.Nonce, "count": len(a.Resources)})
		},
		StreamDeltaRequestFunc: func(id int64, r *discovery.DeltaDiscoveryRequest) error {
			tell(map[string]any{"event": "request", "stream": id, "type": r.TypeUrl, "nonce": r.ResponseNonce, "names": r.ResourceNamesSubscribe,
				"unsubscribe": r.ResourceNamesUnsubscribe, "initial": r.InitialResourceVersions, "error": status(r.ErrorDetail), "node": r.Node.GetId()})
			return nil
		},
		StreamDeltaResponseFunc: func(id int64, r *discovery.DeltaDiscoveryRequest, a *discovery.DeltaDiscoveryResponse) {
			names := []string{}
			for _, resource := range a.Resources {
				names = append(names, resource.Name)
			}
			tell(map[string]any{"event": "response", "stream": id, "type": a.TypeUrl, "version": a.SystemVersionInfo, "nonce": a.Nonce,
				"names": names, "removed": a.RemovedResources})
		},
	}
}

func main() {
	listen := flag.String("listen", "127.0.0.1:0", "address of the gRPC server")
	ads := flag.Bool("ads", true, "the cache serves aggregated streams")
	flag.Parse()

	snapshots := cache.NewSnapshotCache(*ads, everybody{}, nil)
	socket, err := net.Listen("tcp", *listen)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	s := server.NewServer(context.Background(), snapshots, callbacks())
	g := grpc.NewServer(grpc.MaxConcurrentStreams(1000))
	discovery.RegisterAggregatedDiscoveryServiceServer(g, s)
	clusterservice.RegisterClusterDiscoveryServiceServer(g, s)
	endpointservice.RegisterEndpointDiscoveryServiceServer(g, s)
	listenerservice.RegisterListenerDiscoveryServiceServer(g, s)
	routeservice.RegisterRouteDiscoveryServiceServer(g, s)
	secretservice.RegisterSecretDiscoveryServiceServer(g, s)
	runtimeservice.RegisterRuntimeDiscoveryServiceServer(g, s)
	go func() {
		if err := g.Serve(socket); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
	}()
	tell(map[string]any{"event": "listening", "address": socket.Addr().String()})

	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 512<<20)
	for lines.Scan() {
		var c command
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			tell(map[string]any{"event": "refused", "error": err.Error()})
			continue
		}
		snapshot, err := snapshotOf(c)
		if err == nil {
			err = snapshots.SetSnapshot(context.Background(), "all", snapshot)
		}
		if err != nil {
			tell(map[string]any{"event": "refused", "error": err.Error()})
			continue
		}
		tell(map[string]any{"event": "set", "version": c.Version})
	}
	g.Stop()
}
