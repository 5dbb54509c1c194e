package reference

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net"
	"os"
	"runtime/debug"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/health"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/reflection"
	"google.golang.org/grpc/status"

	servicepb "resourceidl.example/resources/generated/go/resourceidl/service/v1"
)

// Config configures a Server. The zero value serves plaintext.
type Config struct {
	// Certificate, Key and ClientCA are paths of PEM files. Certificate and Key enable TLS. With ClientCA, clients must
	// present a certificate that one of its authorities signed.
	Certificate, Key, ClientCA string
	// MaxConcurrentStreams bounds the concurrent calls on one connection, 0 meaning 25.
	MaxConcurrentStreams uint32
	// MaxConnections bounds the connections, 0 meaning 100. Further ones are closed as they arrive.
	MaxConnections int
	// MaxMessageBytes bounds the size of a request, 0 meaning 65536.
	MaxMessageBytes int
}

// credentials loads the certificates.
func (c Config) credentials() (credentials.TransportCredentials, error) {
	if c.Certificate == "" || c.Key == "" {
		return nil, errors.New("TLS requires both a certificate and a key")
	}
	pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		return nil, fmt.Errorf("cannot load the certificate and key: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if c.ClientCA != "" {
		pem, err := os.ReadFile(c.ClientCA)
		if err != nil {
			return nil, fmt.Errorf("cannot load the client CA: %w", err)
		}
		config.ClientCAs = x509.NewCertPool()
		if !config.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("cannot load the client CA: no certificate in %s", c.ClientCA)
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return credentials.NewTLS(config), nil
}

// Server is a gRPC server with the reference service, health and reflection.
type Server struct {
	server         *grpc.Server
	health         *healthServer
	maxConnections int
	connections    connections
	endWatches     func()
}

// NewServer returns a server that does not listen yet.
func NewServer(config Config) (*Server, error) {
	options := []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(recoverUnary),
		grpc.ChainStreamInterceptor(recoverStream),
		grpc.MaxConcurrentStreams(cmp.Or(config.MaxConcurrentStreams, 25)),
		grpc.MaxRecvMsgSize(cmp.Or(config.MaxMessageBytes, 65_536)),
	}
	if config.Certificate != "" || config.Key != "" || config.ClientCA != "" {
		transport, err := config.credentials()
		if err != nil {
			return nil, err
		}
		options = append(options, grpc.Creds(transport))
	}
	s := &Server{
		server:         grpc.NewServer(options...),
		health:         &healthServer{Server: health.NewServer(), stopping: make(chan struct{})},
		maxConnections: cmp.Or(config.MaxConnections, 100),
	}
	s.endWatches = sync.OnceFunc(func() { close(s.health.stopping) })
	servicepb.RegisterResourcesServiceServer(s.server, Service{})
	healthpb.RegisterHealthServer(s.server, s.health)
	s.health.SetServingStatus(servicepb.ResourcesService_ServiceDesc.ServiceName, healthpb.HealthCheckResponse_SERVING)
	reflection.Register(s.server)
	return s, nil
}

// Serve serves until Drain. Then it returns nil.
func (s *Server) Serve(listener net.Listener) error {
	err := s.server.Serve(limitedListener{listener, s})
	if errors.Is(err, grpc.ErrServerStopped) { // Drain was called first
		return nil
	}
	return err
}

// Drain reports NOT_SERVING, accepts no more calls, and lets running calls finish. It cancels those that are still
// running after the grace period. A second Drain waits for the first, or for its own grace period if that is shorter.
func (s *Server) Drain(grace time.Duration) {
	s.health.Shutdown()
	// A Watch call never ends by itself. End it once its client has had time to receive NOT_SERVING.
	defer time.AfterFunc(min(grace/2, 100*time.Millisecond), s.endWatches).Stop()
	defer time.AfterFunc(grace, func() {
		s.connections.closeAll()
		s.server.Stop()
	}).Stop()
	s.server.GracefulStop()
}

// limitedListener closes connections beyond the limit as they arrive, as gRPC does in Python. It tracks the others, so that
// Drain can close them: gRPC's GracefulStop and Stop both wait up to two minutes for a client that has connected and sent
// nothing.
type limitedListener struct {
	net.Listener
	server *Server
}

func (l limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if l.server.connections.add(conn, l.server.maxConnections) {
			return trackedConn{conn, &l.server.connections}, nil
		}
		_ = conn.Close()
	}
}

// connections is the set of open connections.
type connections struct {
	mutex sync.Mutex
	open  map[net.Conn]struct{}
}

// add reports whether there is room for the connection.
func (c *connections) add(conn net.Conn, limit int) bool {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if len(c.open) >= limit {
		return false
	}
	if c.open == nil {
		c.open = map[net.Conn]struct{}{}
	}
	c.open[conn] = struct{}{}
	return true
}

func (c *connections) remove(conn net.Conn) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	delete(c.open, conn)
}

func (c *connections) closeAll() {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	for conn := range c.open {
		_ = conn.Close()
	}
}

type trackedConn struct {
	net.Conn
	connections *connections
}

func (c trackedConn) Close() error {
	c.connections.remove(c.Conn)
	return c.Conn.Close()
}

// healthServer is gRPC's health service, except that Watch ends when the server stops.
type healthServer struct {
	*health.Server
	stopping chan struct{}
}

func (h *healthServer) Watch(
	in *healthpb.HealthCheckRequest, stream grpc.ServerStreamingServer[healthpb.HealthCheckResponse],
) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	go func() {
		select {
		case <-h.stopping:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := h.Server.Watch(in, watchStream{stream, ctx})
	if stream.Context().Err() == nil && ctx.Err() != nil {
		return status.Error(codes.Unavailable, "the server is shutting down")
	}
	return err
}

// watchStream is a stream with another context.
type watchStream struct {
	grpc.ServerStreamingServer[healthpb.HealthCheckResponse]
	ctx context.Context
}

func (s watchStream) Context() context.Context { return s.ctx }

// recoverUnary and recoverStream log a panic in a handler and answer the call with INTERNAL, without details.
func recoverUnary(
	ctx context.Context, in any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (out any, err error) {
	defer recoverPanic(info.FullMethod, &err)
	return handler(ctx, in)
}

func recoverStream(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	defer recoverPanic(info.FullMethod, &err)
	return handler(service, stream)
}

func recoverPanic(method string, err *error) {
	if cause := recover(); cause != nil {
		log.Printf("%s: panic: %v\n%s", method, cause, debug.Stack())
		*err = status.Error(codes.Internal, "internal error")
	}
}
