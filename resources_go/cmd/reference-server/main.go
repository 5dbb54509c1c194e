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
	address := flag.String("address", "127.0.0.1:50051", "`HOST:PORT` to listen on; port 0 selects a free port")
	var config reference.Config
	flag.StringVar(&config.Certificate, "tls-cert", "", "serve TLS with the certificate chain in this PEM `FILE`; requires --tls-key")
	flag.StringVar(&config.Key, "tls-key", "", "PEM `FILE` with the private key of --tls-cert")
	flag.StringVar(&config.ClientCA, "tls-client-ca", "",
		"accept only clients whose certificate is signed by an authority in this PEM `FILE`")
	insecure := flag.Bool("insecure", false, "allow plaintext on a non-loopback address")
	streams := flag.Uint("max-concurrent-streams", 1024, "maximum number of concurrent calls on one connection")
	drain := flag.Float64("drain-seconds", 10, "how long running calls may take to finish after SIGTERM or SIGINT")
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
	resolved, err := net.ResolveTCPAddr("tcp", address)
	if err != nil {
		return fmt.Errorf("--address %q: %w", address, err)
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
