// Command reference-server serves resourceidl.service.v1.ResourcesService. Its answers are the same as those of every
// other implementation.
//
// Once it listens, it prints one line, "listening on HOST:PORT". On SIGTERM or SIGINT it reports NOT_SERVING, waits up
// to --drain-seconds for running calls, and cancels the rest. A second signal ends it immediately.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"math"
	"net"
	"os"
	"os/signal"
	"regexp"
	"strconv"
	"syscall"
	"time"

	"resourceidl.example/resources/resources_go/internal/reference"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("reference-server: ")
	address := flag.String("address", "127.0.0.1:50051", "`HOST:PORT` to listen on; port 0 selects a free port")
	var config reference.Config
	flag.StringVar(&config.Certificate, "tls-cert", "", "serve TLS with the certificate chain in this PEM `FILE`; requires --tls-key")
	flag.StringVar(&config.Key, "tls-key", "", "PEM `FILE` with the private key of --tls-cert")
	flag.StringVar(&config.ClientCA, "tls-client-ca", "",
		"accept only clients whose certificate is signed by an authority in this PEM `FILE`")
	insecure := flag.Bool("insecure", false, "allow plaintext on a non-loopback address")
	streams, connections, bytes, drain := number("25"), number("100"), number("65536"), number("10")
	flag.Var(&streams, "max-concurrent-streams", "maximum `NUMBER` of concurrent calls on one connection")
	flag.Var(&connections, "max-connections", "maximum `NUMBER` of connections; further ones are closed")
	flag.Var(&bytes, "max-message-bytes", "maximum `NUMBER` of bytes in one request")
	flag.Var(&drain, "drain-seconds", "how many `SECONDS` running calls may take to finish after SIGTERM or SIGINT")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(flag.CommandLine.Output(), "unexpected argument %q\n", flag.Arg(0))
		flag.Usage()
		os.Exit(2)
	}
	for _, option := range []struct {
		name string
		text number
		set  func(int)
	}{
		{"max-concurrent-streams", streams, func(n int) { config.MaxConcurrentStreams = uint32(n) }},
		{"max-connections", connections, func(n int) { config.MaxConnections = n }},
		{"max-message-bytes", bytes, func(n int) { config.MaxMessageBytes = n }},
	} {
		whole, err := option.text.whole()
		if err != nil {
			log.Fatalf("--%s %v", option.name, err)
		}
		option.set(whole)
	}
	grace, err := drain.seconds()
	if err != nil {
		log.Fatalf("--drain-seconds %v", err)
	}
	if err := run(*address, config, *insecure, grace); err != nil {
		log.Fatal(err)
	}
}

// number is the text of an option, read by whole or seconds with the bounds and messages of the Python server.
type number string

func (n *number) Set(text string) error { *n = number(text); return nil }
func (n *number) String() string        { return string(*n) }

func (n number) whole() (int, error) {
	whole, err := strconv.ParseUint(string(n), 10, 31)
	if err != nil || whole == 0 || len(n) > 10 {
		return 0, fmt.Errorf("must be a whole number from 1 to %d", math.MaxInt32)
	}
	return int(whole), nil
}

var decimal = regexp.MustCompile(`^[0-9]{1,10}(\.[0-9]{1,10})?$`)

func (n number) seconds() (time.Duration, error) {
	seconds, err := strconv.ParseFloat(string(n), 64)
	if err != nil || !decimal.MatchString(string(n)) || seconds > 86_400 {
		return 0, errors.New("must be a number from 0 to 86400")
	}
	return time.Duration(seconds * float64(time.Second)), nil
}

var hostPort = regexp.MustCompile(`^(?:\[[^\[\]]*\]|[^:\[\]]*):([0-9]{1,5})$`)

// resolve resolves HOST:PORT. An empty host means every address of the machine.
func resolve(address string) (*net.TCPAddr, error) {
	parts := hostPort.FindStringSubmatch(address)
	if parts != nil {
		if _, err := strconv.ParseUint(parts[1], 10, 16); err != nil {
			parts = nil
		}
	}
	if parts == nil {
		return nil, errors.New("--address must be HOST:PORT, with a port from 0 to 65535")
	}
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return nil, fmt.Errorf("--address %q: %w", address, err)
	}
	return resolved, nil
}

func run(address string, config reference.Config, insecure bool, drain time.Duration) error {
	if (config.Certificate == "") != (config.Key == "") {
		return errors.New("--tls-cert and --tls-key must be used together")
	}
	plaintext := config.Certificate == ""
	if plaintext && config.ClientCA != "" {
		return errors.New("--tls-client-ca requires --tls-cert and --tls-key")
	}
	server, err := reference.NewServer(config)
	if err != nil {
		return err
	}
	resolved, err := resolve(address)
	if err != nil {
		return err
	}
	if plaintext && !insecure && !resolved.IP.IsLoopback() {
		return errors.New("refusing plaintext on a non-loopback address: pass --tls-cert and --tls-key, or --insecure")
	}
	listener, err := net.ListenTCP("tcp", resolved)
	if errors.Is(err, syscall.EADDRINUSE) {
		return fmt.Errorf("%s is in use by another process", resolved)
	}
	if err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	fmt.Printf("listening on %s\n", listener.Addr())

	served := make(chan error, 1)
	go func() { served <- server.Serve(listener) }()
	select {
	case err := <-served:
		return err
	case <-ctx.Done():
	}
	stop() // so that the next signal ends the process
	server.Drain(drain)
	return <-served
}
