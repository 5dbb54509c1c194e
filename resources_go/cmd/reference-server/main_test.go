package main

import (
	"bufio"
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"

	servicepb "resourceidl.example/resources/generated/go/resourceidl/service/v1"
)

// The test binary runs the command if REFERENCE_SERVER_TEST is set.
func TestMain(m *testing.M) {
	if os.Getenv("REFERENCE_SERVER_TEST") == "serve" {
		main()
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func command(t *testing.T, arguments ...string) *exec.Cmd {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	t.Cleanup(cancel)
	c := exec.CommandContext(ctx, os.Args[0], arguments...)
	c.Env = append(os.Environ(), "REFERENCE_SERVER_TEST=serve")
	return c
}

func TestServesUntilASignal(t *testing.T) {
	for _, signal := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		c := command(t, "--address", "localhost:0")
		c.Stderr = os.Stderr
		out, err := c.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := c.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		if !lines.Scan() {
			t.Fatal("no output")
		}
		address, ok := strings.CutPrefix(lines.Text(), "listening on ")
		if !ok {
			t.Fatalf("got %q", lines.Text())
		}
		connection, err := grpc.NewClient(address, grpc.WithTransportCredentials(insecure.NewCredentials()))
		if err != nil {
			t.Fatal(err)
		}
		client := servicepb.NewResourcesServiceClient(connection)
		if _, err := client.Resolve(context.Background(), &servicepb.ResolveRequest{}); err != nil {
			t.Error(err)
		}
		if err := c.Process.Signal(signal); err != nil {
			t.Fatal(err)
		}
		if lines.Scan() {
			t.Errorf("more output: %q", lines.Text())
		}
		if err := c.Wait(); err != nil {
			t.Errorf("%s: %v", signal, err)
		}
		_ = connection.Close()
	}
}

func TestErrorsAreOneLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	const plaintext = "reference-server: refusing plaintext on a non-loopback address: " +
		"pass --tls-cert and --tls-key, or --insecure\n"
	for _, c := range []struct {
		arguments []string
		code      int
		want      string
	}{
		{[]string{"--address", taken.Addr().String()}, 1, "reference-server: " + taken.Addr().String() + " is in use by another process\n"},
		{[]string{"--address", "0.0.0.0:0"}, 1, plaintext},
		{[]string{"--address", ":0"}, 1, plaintext},
		{[]string{"--address", "127.0.0.1"}, 1, "reference-server: --address must be HOST:PORT, with a port from 0 to 65535\n"},
		{[]string{"--tls-cert", "a.pem"}, 1, "reference-server: --tls-cert and --tls-key must be used together\n"},
		{[]string{"--tls-client-ca", "a.pem"}, 1, "reference-server: --tls-client-ca requires --tls-cert and --tls-key\n"},
		{[]string{"serve"}, 2, "unexpected argument \"serve\"\n"},
	} {
		command := command(t, c.arguments...)
		var stdout, stderr bytes.Buffer
		command.Stdout, command.Stderr = &stdout, &stderr
		_ = command.Run()
		if command.ProcessState.ExitCode() != c.code || stdout.Len() > 0 || !strings.HasPrefix(stderr.String(), c.want) ||
			c.code == 1 && stderr.String() != c.want {
			t.Errorf("%v: code %d, stdout %q, stderr %q", c.arguments, command.ProcessState.ExitCode(), stdout.String(), stderr.String())
		}
	}
}
