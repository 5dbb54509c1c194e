// Command reference-server serves resourceidl.service.v1.ResourcesService: the same answers as every other
// implementation, by which any of them can be checked.
//
// It prints one line, "listening on HOST:PORT", once it listens. On SIGTERM or SIGINT, health says NOT_SERVING, calls
// under way may finish for --drain-seconds, and what is left is cut off. A second signal ends it at once.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"syscall"
	"time"

	"resourceidl.example/resources/resources_go/internal/reference"
)

func main() {
	log.SetFlags(0)
	log.SetPrefix("reference-server: ")
	address := flag.String("address", "127.0.0.1:50051", "`HOST:PORT` to listen on; port 0 takes a free one")
	var config reference.Config
	flag.StringVar(&config.Certificate, "tls-cert", "", "serve TLS with the certificate chain in this PEM `FILE`")
	flag.StringVar(&config.Key, "tls-key", "", "the private key of --tls-cert, a PEM `FILE`")
	flag.StringVar(&config.ClientCA, "tls-client-ca", "",
		"admit only clients with a certificate that an authority in this PEM `FILE` signed")
	insecure := flag.Bool("insecure", false, "allow plaintext on an address that is not of this machine alone")
	streams := flag.Uint("max-concurrent-streams", 1024, "calls under way at once on one connection")
	drain := flag.Float64("drain-seconds", 10, "how long calls under way may take to finish on SIGTERM or SIGINT")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(flag.CommandLine.Output(), "unexpected argument %q\n", flag.Arg(0))
		flag.Usage()
		os.Exit(2)
	}
	config.MaxConcurrentStreams = uint32(min(*streams, 1<<31))
	if err := run(*address, config, *insecure, time.Duration(*drain*float64(time.Second))); err != nil {
		log.Fatal(err)
	}
}

func run(address string, config reference.Config, insecure bool, drain time.Duration) error {
	server, err := reference.NewServer(config)
	if err != nil {
		return err
	}
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return fmt.Errorf("--address %q: %w", address, err)
	}
	if !config.TLS() && !insecure && !resolved.IP.IsLoopback() {
		return fmt.Errorf("--address %q is not of this machine alone: use --tls-cert and --tls-key, or --insecure", address)
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
	stop() // the next signal ends the process
	server.Drain(drain)
	return <-served
}
