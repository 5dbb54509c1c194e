package reference

import (
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

// Config is what a Server can be told. The zero value serves plaintext.
type Config struct {
	// Certificate, Key and ClientCA name PEM files. ClientCA asks for, and checks, the client's certificate.
	Certificate, Key, ClientCA string
	// MaxConcurrentStreams bounds the calls under way at once on one connection; 0 is no bound.
	MaxConcurrentStreams uint32
}

// TLS tells whether connections are encrypted.
func (c Config) TLS() bool { return c.Certificate != "" && c.Key != "" }

// credentials reads the files.
func (c Config) credentials() (credentials.TransportCredentials, error) {
	if (c.Certificate == "") != (c.Key == "") {
		return nil, errors.New("a certificate and its key go together: --tls-cert and --tls-key")
	}
	if !c.TLS() {
		return nil, errors.New("--tls-client-ca needs --tls-cert and --tls-key")
	}
	pair, err := tls.LoadX509KeyPair(c.Certificate, c.Key)
	if err != nil {
		return nil, fmt.Errorf("--tls-cert and --tls-key: %w", err)
	}
	config := &tls.Config{MinVersion: tls.VersionTLS12, Certificates: []tls.Certificate{pair}}
	if c.ClientCA != "" {
		pem, err := os.ReadFile(c.ClientCA)
		if err != nil {
			return nil, fmt.Errorf("--tls-client-ca: %w", err)
		}
		config.ClientCAs = x509.NewCertPool()
		if !config.ClientCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("--tls-client-ca: no certificate in %s", c.ClientCA)
		}
		config.ClientAuth = tls.RequireAndVerifyClientCert
	}
	return credentials.NewTLS(config), nil
}

// Server is a gRPC server with the reference service, health and reflection.
type Server struct {
	server *grpc.Server
	health *watchable
	open   sync.Map // see accepting
}

// NewServer gives a server that does not listen yet.
func NewServer(config Config) (*Server, error) {
	options := []grpc.ServerOption{
		grpc.ChainUnaryInterceptor(recoverUnary),
		grpc.ChainStreamInterceptor(recoverStream),
	}
	if config.MaxConcurrentStreams > 0 {
		options = append(options, grpc.MaxConcurrentStreams(config.MaxConcurrentStreams))
	}
	if config.Certificate != "" || config.Key != "" || config.ClientCA != "" {
		transport, err := config.credentials()
		if err != nil {
			return nil, err
		}
		options = append(options, grpc.Creds(transport))
	}
	s := &Server{
		server: grpc.NewServer(options...),
		health: &watchable{Server: health.NewServer(), over: make(chan struct{})},
	}
	servicepb.RegisterResourcesServiceServer(s.server, Service{})
	healthpb.RegisterHealthServer(s.server, s.health)
	s.health.SetServingStatus(servicepb.ResourcesService_ServiceDesc.ServiceName, healthpb.HealthCheckResponse_SERVING)
	reflection.Register(s.server)
	return s, nil
}

// Serve answers calls until Drain; then it returns nil.
func (s *Server) Serve(listener net.Listener) error {
	err := s.server.Serve(accepting{listener, &s.open})
	if errors.Is(err, grpc.ErrServerStopped) { // Drain came before it
		return nil
	}
	return err
}

// Drain says NOT_SERVING, lets the calls under way finish, accepts no other, and after the given time cuts off what is
// left.
func (s *Server) Drain(within time.Duration) {
	s.health.Shutdown()
	// A Watch never ends by itself. Once its client has had time to hear NOT_SERVING, it must not hold up the rest.
	defer time.AfterFunc(min(within/2, 100*time.Millisecond), func() { close(s.health.over) }).Stop()
	defer time.AfterFunc(within, func() {
		for conn := range s.open.Range {
			_ = conn.(net.Conn).Close()
		}
		s.server.Stop()
	}).Stop()
	s.server.GracefulStop()
}

// accepting notes the connections that are open. gRPC's GracefulStop waits for whoever has connected and said nothing,
// for up to two minutes, and so does its Stop: Drain has to close these itself.
type accepting struct {
	net.Listener
	open *sync.Map // its keys are net.Conn
}

func (a accepting) Accept() (net.Conn, error) {
	conn, err := a.Listener.Accept()
	if err != nil {
		return nil, err
	}
	a.open.Store(conn, nil)
	return closing{conn, a.open}, nil
}

type closing struct {
	net.Conn
	open *sync.Map
}

func (c closing) Close() error {
	c.open.Delete(c.Conn)
	return c.Conn.Close()
}

// watchable is the health service, whose Watch ends when the server is about to.
type watchable struct {
	*health.Server
	over chan struct{}
}

func (w *watchable) Watch(
	in *healthpb.HealthCheckRequest, stream grpc.ServerStreamingServer[healthpb.HealthCheckResponse],
) error {
	ctx, cancel := context.WithCancel(stream.Context())
	defer cancel()
	go func() {
		select {
		case <-w.over:
			cancel()
		case <-ctx.Done():
		}
	}()
	err := w.Server.Watch(in, watch{stream, ctx})
	if stream.Context().Err() == nil && ctx.Err() != nil {
		return status.Error(codes.Unavailable, "the server is shutting down")
	}
	return err
}

type watch struct {
	grpc.ServerStreamingServer[healthpb.HealthCheckResponse]
	ctx context.Context
}

func (w watch) Context() context.Context { return w.ctx }

// A panic in a handler is a bug of ours: it is logged, that one call is answered with INTERNAL and no detail, and the
// other calls go on.
func recoverUnary(
	ctx context.Context, in any, info *grpc.UnaryServerInfo, handler grpc.UnaryHandler,
) (out any, err error) {
	defer recovered(info.FullMethod, &err)
	return handler(ctx, in)
}

func recoverStream(service any, stream grpc.ServerStream, info *grpc.StreamServerInfo, handler grpc.StreamHandler) (err error) {
	defer recovered(info.FullMethod, &err)
	return handler(service, stream)
}

func recovered(method string, err *error) {
	if cause := recover(); cause != nil {
		log.Printf("%s: panic: %v\n%s", method, cause, debug.Stack())
		*err = status.Error(codes.Internal, "internal error")
	}
}
