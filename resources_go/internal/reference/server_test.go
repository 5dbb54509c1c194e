package reference

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthpb "google.golang.org/grpc/health/grpc_health_v1"
	reflectionpb "google.golang.org/grpc/reflection/grpc_reflection_v1"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	servicepb "resourceidl.example/resources/generated/go/resourceidl/service/v1"
	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

type running struct {
	*Server
	address string
	served  chan error
}

// start starts a server on a free loopback port.
func start(t testing.TB, config Config) *running {
	t.Helper()
	server, err := NewServer(config)
	if err != nil {
		t.Fatal(err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &running{server, listener.Addr().String(), make(chan error, 1)}
	go func() { s.served <- server.Serve(listener) }()
	t.Cleanup(s.server.Stop)
	return s
}

func dial(t testing.TB, s *running) *grpc.ClientConn {
	t.Helper()
	return dialWith(t, s, insecure.NewCredentials())
}

func dialWith(t testing.TB, s *running, transport credentials.TransportCredentials) *grpc.ClientConn {
	t.Helper()
	connection, err := grpc.NewClient(s.address, grpc.WithTransportCredentials(transport))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = connection.Close() })
	return connection
}

func within(t testing.TB, limit time.Duration) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), limit)
	t.Cleanup(cancel)
	return ctx
}

// details returns the violations of a status. Its one detail must be a BadRequest.
func details(t testing.TB, err error, code codes.Code) []*servicepb.Violation {
	t.Helper()
	s := status.Convert(err)
	if s.Code() != code || len(s.Details()) != 1 {
		t.Fatalf("got %v", err)
	}
	bad, ok := s.Details()[0].(*errdetails.BadRequest)
	if !ok {
		t.Fatalf("got %T", s.Details()[0])
	}
	// Violations is interchangeable with BadRequest in bytes.
	data, err := proto.Marshal(bad)
	if err != nil {
		t.Fatal(err)
	}
	var violations servicepb.Violations
	if err := proto.Unmarshal(data, &violations); err != nil {
		t.Fatal(err)
	}
	return violations.GetViolations()
}

func cpuLimit(value string) *pb.Resources {
	return &pb.Resources{Limits: []*pb.Resources_ResourceEntry{{Name: pb.Resources_CPU, Value: value}}}
}

func TestStreamContinuesAfterInvalidItem(t *testing.T) {
	client := servicepb.NewResourcesServiceClient(dial(t, start(t, Config{})))
	stream, err := client.ResolveStream(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	const items = 2000
	sent := make(chan error, 1)
	go func() {
		for i := range items {
			text := fmt.Sprint(i + 1)
			if i%10 == 3 {
				text += "Mb"
			}
			if err := stream.Send(&servicepb.ResolveStreamRequest{Resources: cpuLimit(text)}); err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.CloseSend()
	}()
	for i := range items {
		out, err := stream.Recv()
		if err != nil {
			t.Fatal(err)
		}
		if i%10 == 3 {
			v := out.GetViolations().GetViolations()
			if len(v) != 1 || !strings.Contains(v[0].GetDescription(), fmt.Sprintf("\"%dMb\"", i+1)) {
				t.Fatalf("%d: got %v", i, out)
			}
		} else if got, err := resolve(cpuLimit(fmt.Sprint(i + 1))); err != nil || !proto.Equal(out.GetResources(), got) {
			t.Fatalf("%d: got %v, want %v, %v", i, out, got, err)
		}
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("got %v", err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

// A client that does not receive is blocked from sending once gRPC's flow control windows are full.
func TestBackpressure(t *testing.T) {
	client := servicepb.NewResourcesServiceClient(dial(t, start(t, Config{})))
	stream, err := client.ResolveStream(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	var stop atomic.Bool
	var sent atomic.Int64
	done := make(chan error, 1)
	go func() {
		for !stop.Load() {
			if err := stream.Send(&servicepb.ResolveStreamRequest{Resources: cpuLimit("1")}); err != nil {
				done <- err
				return
			}
			sent.Add(1)
		}
		done <- stream.CloseSend()
	}()
	for before := int64(-1); before < sent.Load(); time.Sleep(500 * time.Millisecond) {
		if before = sent.Load(); before > 1_000_000 {
			t.Fatalf("still not blocked after %d items", before)
		}
	}
	held := sent.Load()
	stop.Store(true)
	answers := int64(0)
	for ; ; answers++ {
		if _, err := stream.Recv(); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil || answers != sent.Load() {
		t.Errorf("%d answers to %d items: %v", answers, sent.Load(), err)
	}
	t.Logf("blocked after %d items", held)
}

// raw is a codec that passes bytes through.
type raw struct{}

func (raw) Name() string                       { return "proto" }
func (raw) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = bytes.Clone(data); return nil }

func TestUndecodableBytes(t *testing.T) {
	s := start(t, Config{})
	connection := dial(t, s)
	bad := []byte{0x0a, 0x05, 0x0a}
	var out []byte
	err := connection.Invoke(within(t, time.Minute), servicepb.ResourcesService_Resolve_FullMethodName, &bad, &out,
		grpc.ForceCodec(raw{}))
	if status.Code(err) != codes.Internal {
		t.Errorf("unary: got %v", err)
	}
	stream, err := connection.NewStream(within(t, time.Minute), &servicepb.ResourcesService_ServiceDesc.Streams[0],
		servicepb.ResourcesService_ResolveStream_FullMethodName, grpc.ForceCodec(raw{}))
	if err != nil {
		t.Fatal(err)
	}
	good, err := proto.Marshal(&servicepb.ResolveStreamRequest{Resources: cpuLimit("0.5")})
	if err != nil {
		t.Fatal(err)
	}
	for _, item := range [][]byte{good, good, good, bad} {
		if err := stream.SendMsg(&item); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 3 {
		if err := stream.RecvMsg(&out); err != nil {
			t.Fatalf("answer %d: %v", i, err)
		}
	}
	if err := stream.RecvMsg(&out); status.Code(err) != codes.Internal {
		t.Errorf("stream: got %v", err)
	}
}

func TestDrain(t *testing.T) {
	s := start(t, Config{})
	connection := dial(t, s)
	ctx := within(t, time.Minute)
	watch, err := healthpb.NewHealthClient(connection).Watch(ctx,
		&healthpb.HealthCheckRequest{Service: "resourceidl.service.v1.ResourcesService"})
	if err != nil {
		t.Fatal(err)
	}
	if out, err := watch.Recv(); err != nil || out.GetStatus() != healthpb.HealthCheckResponse_SERVING {
		t.Fatalf("got %v, %v", out, err)
	}
	stream, err := servicepb.NewResourcesServiceClient(connection).ResolveStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	exchange := func() {
		t.Helper()
		if err := stream.Send(&servicepb.ResolveStreamRequest{Resources: cpuLimit("1")}); err != nil {
			t.Fatal(err)
		}
		if _, err := stream.Recv(); err != nil {
			t.Fatal(err)
		}
	}
	exchange()

	drained := make(chan struct{})
	go func() { s.Drain(30 * time.Second); close(drained) }()
	if out, err := watch.Recv(); err != nil || out.GetStatus() != healthpb.HealthCheckResponse_NOT_SERVING {
		t.Fatalf("got %v, %v", out, err)
	}
	if _, err := watch.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("the watch continues: %v", err)
	}
	exchange() // the running call continues
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Fatalf("got %v", err)
	}
	select {
	case <-drained:
	case <-time.After(10 * time.Second):
		t.Fatal("still draining although no call is running")
	}
	if err := <-s.served; err != nil {
		t.Errorf("Serve: %v", err)
	}
}

func TestDrainIsBounded(t *testing.T) {
	s := start(t, Config{})
	stream, err := servicepb.NewResourcesServiceClient(dial(t, s)).ResolveStream(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&servicepb.ResolveStreamRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	s.Drain(200 * time.Millisecond)
	if took := time.Since(began); took < 150*time.Millisecond || took > 5*time.Second {
		t.Errorf("took %s", took)
	}
	if _, err := stream.Recv(); status.Code(err) != codes.Unavailable {
		t.Errorf("got %v", err)
	}
}

func TestEveryDrainWaits(t *testing.T) {
	s := start(t, Config{})
	stream, err := servicepb.NewResourcesServiceClient(dial(t, s)).ResolveStream(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&servicepb.ResolveStreamRequest{}); err != nil {
		t.Fatal(err)
	}
	if _, err := stream.Recv(); err != nil {
		t.Fatal(err)
	}
	drained := make(chan struct{})
	for range 3 {
		go func() { s.Drain(30 * time.Second); drained <- struct{}{} }()
	}
	select {
	case <-drained:
		t.Error("a call is still running")
	case <-time.After(300 * time.Millisecond): // the watches are ended, once
	}
	if err := stream.CloseSend(); err != nil {
		t.Fatal(err)
	}
	for range 3 {
		select {
		case <-drained:
		case <-time.After(10 * time.Second):
			t.Fatal("still draining although no call is running")
		}
	}
}

func TestReflection(t *testing.T) {
	stream, err := reflectionpb.NewServerReflectionClient(dial(t, start(t, Config{}))).ServerReflectionInfo(within(t, time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	if err := stream.Send(&reflectionpb.ServerReflectionRequest{
		MessageRequest: &reflectionpb.ServerReflectionRequest_ListServices{},
	}); err != nil {
		t.Fatal(err)
	}
	out, err := stream.Recv()
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, service := range out.GetListServicesResponse().GetService() {
		names = append(names, service.GetName())
	}
	for _, want := range []string{"resourceidl.service.v1.ResourcesService", "grpc.health.v1.Health"} {
		if !strings.Contains(strings.Join(names, " "), want) {
			t.Errorf("%s is missing from %s", want, names)
		}
	}
}

func TestManyConcurrentStreams(t *testing.T) {
	client := servicepb.NewResourcesServiceClient(dial(t, start(t, Config{MaxConcurrentStreams: 64})))
	ctx := within(t, time.Minute)
	var group sync.WaitGroup
	for i := range 500 {
		group.Go(func() {
			stream, err := client.ResolveStream(ctx)
			if err != nil {
				t.Error(err)
				return
			}
			want := fmt.Sprint(i+1) + "m"
			if err := errors.Join(stream.Send(&servicepb.ResolveStreamRequest{Resources: cpuLimit(want)}), stream.CloseSend()); err != nil {
				t.Error(err)
			}
			out, err := stream.Recv()
			if err != nil {
				t.Error(err)
				return
			}
			if got, err := resolve(cpuLimit(want)); err != nil || !proto.Equal(out.GetResources(), got) {
				t.Errorf("got %v, want %v", out, want)
			}
		})
	}
	group.Wait()
}

func TestPanicIsAnsweredWithoutDetails(t *testing.T) {
	var logged bytes.Buffer
	log.SetOutput(&logged)
	defer log.SetOutput(os.Stderr)
	_, err := recoverUnary(context.Background(), nil, &grpc.UnaryServerInfo{FullMethod: "/a/B"},
		func(context.Context, any) (any, error) { panic("a secret") })
	failed := recoverStream(nil, nil, &grpc.StreamServerInfo{FullMethod: "/a/B"},
		func(any, grpc.ServerStream) error { panic("a secret") })
	for _, err := range []error{err, failed} {
		if s := status.Convert(err); s.Code() != codes.Internal || s.Message() != "internal error" {
			t.Errorf("got %v", err)
		}
	}
	if got := strings.Count(logged.String(), "/a/B: panic: a secret"); got != 2 {
		t.Errorf("logged %d times", got)
	}
}

// authority is a certificate authority in a temporary folder.
type authority struct {
	folder      string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

func newAuthority(t *testing.T) *authority {
	t.Helper()
	a := &authority{folder: t.TempDir()}
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a.key = key
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.write(t, "ca.pem", "CERTIFICATE", der)
	return a
}

func (a *authority) path(name string) string { return filepath.Join(a.folder, name) }

func (a *authority) write(t *testing.T, name, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(a.path(name), pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}

// issue writes NAME.pem and NAME.key, valid until the given time.
func (a *authority) issue(t *testing.T, name string, until time.Time) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: name},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, NotBefore: time.Now().Add(-time.Hour), NotAfter: until,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
	}, a.certificate, key.Public(), a.key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	a.write(t, name+".pem", "CERTIFICATE", der)
	a.write(t, name+".key", "EC PRIVATE KEY", secret)
	pair, err := tls.LoadX509KeyPair(a.path(name+".pem"), a.path(name+".key"))
	if err != nil {
		t.Fatal(err)
	}
	return pair
}

func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	return pool
}

func TestTLS(t *testing.T) {
	ours, theirs := newAuthority(t), newAuthority(t)
	later, earlier := time.Now().Add(time.Hour), time.Now().Add(-time.Minute)
	ours.issue(t, "server", later)
	good, expired := ours.issue(t, "client", later), ours.issue(t, "expired", earlier)
	foreign := theirs.issue(t, "client", later)
	oneWay := Config{Certificate: ours.path("server.pem"), Key: ours.path("server.key")}
	mutual := oneWay
	mutual.ClientCA = ours.path("ca.pem")
	for _, c := range []struct {
		name   string
		config Config
		trust  *x509.CertPool
		client []tls.Certificate
		want   codes.Code
	}{
		{"TLS", oneWay, ours.pool(), nil, codes.OK},
		{"the server is not trusted", oneWay, theirs.pool(), nil, codes.Unavailable},
		{"mutual TLS", mutual, ours.pool(), []tls.Certificate{good}, codes.OK},
		{"no client certificate", mutual, ours.pool(), nil, codes.Unavailable},
		{"an expired one", mutual, ours.pool(), []tls.Certificate{expired}, codes.Unavailable},
		{"a foreign one", mutual, ours.pool(), []tls.Certificate{foreign}, codes.Unavailable},
	} {
		t.Run(c.name, func(t *testing.T) {
			transport := credentials.NewTLS(&tls.Config{RootCAs: c.trust, Certificates: c.client})
			client := servicepb.NewResourcesServiceClient(dialWith(t, start(t, c.config), transport))
			_, err := client.Resolve(within(t, 10*time.Second), &servicepb.ResolveRequest{})
			if status.Code(err) != c.want {
				t.Errorf("got %v, want %s", err, c.want)
			}
		})
	}
	t.Run("plaintext to a TLS server", func(t *testing.T) {
		client := servicepb.NewResourcesServiceClient(dial(t, start(t, oneWay)))
		if _, err := client.Resolve(within(t, 10*time.Second), &servicepb.ResolveRequest{}); status.Code(err) != codes.Unavailable {
			t.Errorf("got %v", err)
		}
	})
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Certificate: oneWay.Certificate}, "TLS requires both a certificate and a key"},
		{Config{ClientCA: mutual.ClientCA}, "TLS requires both a certificate and a key"},
		{Config{Certificate: oneWay.Certificate, Key: ours.path("client.key")}, "cannot load the certificate and key: tls: private"},
		{Config{Certificate: ours.path("none"), Key: oneWay.Key}, "cannot load the certificate and key: open"},
		{Config{Certificate: oneWay.Certificate, Key: oneWay.Key, ClientCA: oneWay.Key}, "cannot load the client CA: no certificate in"},
		{Config{Certificate: oneWay.Certificate, Key: oneWay.Key, ClientCA: ours.path("none")}, "cannot load the client CA: open"},
	} {
		if _, err := NewServer(c.config); err == nil || !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("got %v, want %s", err, c.want)
		}
	}
}
