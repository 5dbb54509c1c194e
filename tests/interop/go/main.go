// Command interop is the Go client of the interop matrix. It runs one check of the contract against the server at
// --target. It computes the expected answers itself.
//
//	interop --target HOST:PORT unary < REQUESTS   send each line, a ResolveRequest in hex, and print each result
//	interop --target HOST:PORT stream [N]         stream N items (10000), one in ten invalid: none is lost or reordered
//	interop --target HOST:PORT bad-input          check the status and its details
//	interop --target HOST:PORT undecodable        send bytes that are not a request, alone and within a stream
//	interop --target HOST:PORT deadline           let a stream exceed its deadline, then make another call
//	interop --target HOST:PORT cancel             cancel a stream, then make another call
//
// The output is JSON, one object per line. Every check except unary prints one object, {"check": …, "ok": true, …}, and
// exits with 0. If it fails, it prints "ok": false and "error", and exits with 1. unary prints {"code": "OK", "answer":
// HEX} or {"code": …, "message": …, "violations": [{"field": …, "reason": …, "description": …}]} for each request, in
// order, and checks nothing.
package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	servicepb "resourceidl.example/resources/generated/go/resourceidl/service/v1"
	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// report is the JSON object that a check prints.
type report map[string]any

// client is one connection to the server.
type client struct {
	servicepb.ResourcesServiceClient
	connection *grpc.ClientConn
	arguments  []string
}

var checks = map[string]func(context.Context, *client, report) error{
	"stream": stream, "bad-input": badInput, "undecodable": undecodable, "deadline": deadline, "cancel": cancelled,
}

func main() {
	target := flag.String("target", "", "`HOST:PORT` of the server")
	timeout := flag.Duration("timeout", 10*time.Minute, "maximum duration of the check")
	flag.Parse()
	check, known := checks[flag.Arg(0)]
	if *target == "" || !known && flag.Arg(0) != "unary" {
		fmt.Fprintln(os.Stderr, "usage: interop --target HOST:PORT unary|stream|bad-input|undecodable|deadline|cancel")
		os.Exit(2)
	}
	connection, err := grpc.NewClient(*target, grpc.WithTransportCredentials(insecure.NewCredentials()))
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(2)
	}
	c := &client{servicepb.NewResourcesServiceClient(connection), connection, flag.Args()[1:]}
	ctx, cancel := context.WithTimeout(context.Background(), *timeout)
	defer cancel()
	out := report{"check": flag.Arg(0), "ok": true}
	if known {
		err = check(ctx, c, out)
	} else if err = unary(ctx, c); err == nil {
		return
	}
	if err != nil {
		out["ok"], out["error"] = false, err.Error()
	}
	out["peak_rss_kib"] = peakRSS()
	print(out)
	if err != nil {
		os.Exit(1)
	}
}

func print(out report) {
	line, err := json.Marshal(out)
	if err != nil {
		panic(err)
	}
	fmt.Println(string(line))
}

// peakRSS returns the peak memory of this process in KiB, or 0 if the system does not report it.
func peakRSS() int {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	kib, _ := strconv.Atoi(strings.Fields(after + " 0")[0])
	return kib
}

func unary(ctx context.Context, c *client) error {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		data, err := hex.DecodeString(lines.Text())
		if err != nil {
			return err
		}
		var in servicepb.ResolveRequest
		if err := proto.Unmarshal(data, &in); err != nil {
			return err
		}
		out, err := c.Resolve(ctx, &in)
		if err != nil {
			print(failure(err))
			continue
		}
		if data, err = proto.Marshal(out); err != nil {
			return err
		}
		print(report{"code": "OK", "answer": hex.EncodeToString(data)})
	}
	return lines.Err()
}

// failure returns a status that is not OK, with its details.
func failure(err error) report {
	s := status.Convert(err)
	violations := []map[string]string{}
	for _, detail := range s.Details() {
		if bad, ok := detail.(*errdetails.BadRequest); ok {
			for _, v := range bad.GetFieldViolations() {
				violations = append(violations, map[string]string{
					"field": v.GetField(), "reason": v.GetReason(), "description": v.GetDescription(),
				})
			}
		}
	}
	return report{"code": code(err), "message": s.Message(), "violations": violations}
}

// code returns the name of a status code in the gRPC specification.
func code(err error) string {
	text, ok := map[codes.Code]string{
		codes.OK: "OK", codes.Canceled: "CANCELLED", codes.InvalidArgument: "INVALID_ARGUMENT",
		codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.Internal: "INTERNAL", codes.Unavailable: "UNAVAILABLE",
		codes.Unknown: "UNKNOWN", codes.ResourceExhausted: "RESOURCE_EXHAUSTED", codes.Unimplemented: "UNIMPLEMENTED",
	}[status.Code(err)]
	if !ok {
		return status.Code(err).String()
	}
	return text
}

func entry(name pb.Resources_ResourceName, value string) *pb.Resources_ResourceEntry {
	return &pb.Resources_ResourceEntry{Name: name, Value: value}
}

// item returns the i-th item of a stream and its answer. Both depend on i. Every amount is its own wire string: the
// number of Ki is odd, and that of thousandths ends in 1.
func item(i int) (*servicepb.ResolveStreamRequest, *servicepb.ResolveStreamResponse) {
	cpu := entry(pb.Resources_CPU, strconv.Itoa(10*i+1)+"m")
	memory := entry(pb.Resources_MEMORY, strconv.Itoa(2*i+1)+"Ki")
	in := &pb.Resources{
		Requests: []*pb.Resources_ResourceEntry{cpu},
		Limits:   []*pb.Resources_ResourceEntry{memory, cpu},
	}
	if i%10 == 9 {
		in.Requests = []*pb.Resources_ResourceEntry{entry(pb.Resources_CPU, strconv.Itoa(i)+"Mb")}
		return &servicepb.ResolveStreamRequest{Resources: in}, &servicepb.ResolveStreamResponse{
			Result: &servicepb.ResolveStreamResponse_Violations{Violations: &servicepb.Violations{
				Violations: []*servicepb.Violation{{Field: "resources.requests[0].value", Reason: "INVALID_QUANTITY"}},
			}},
		}
	}
	both := []*pb.Resources_ResourceEntry{cpu, memory}
	return &servicepb.ResolveStreamRequest{Resources: in}, &servicepb.ResolveStreamResponse{
		Result: &servicepb.ResolveStreamResponse_Resources{Resources: &pb.Resources{Requests: both, Limits: both}},
	}
}

// quotedValue matches the value of an invalid item in the description of its violation.
var quotedValue = regexp.MustCompile(`\b[0-9]+Mb\b`)

// verify checks the answer to item i. The description may be anything that quotes the value, which identifies i.
func verify(i int, got *servicepb.ResolveStreamResponse) error {
	_, want := item(i)
	shown := got.String()
	for _, v := range got.GetViolations().GetViolations() {
		if quotedValue.FindString(v.GetDescription()) != strconv.Itoa(i)+"Mb" {
			return fmt.Errorf("answer %d: the violation is about another item: %s", i, shown)
		}
		v.Description = ""
	}
	if !proto.Equal(got, want) {
		return fmt.Errorf("answer %d: got %s, want %s", i, shown, want)
	}
	return nil
}

// send sends the first n items, or endlessly many if n is negative, until the stream breaks.
func send(s grpc.BidiStreamingClient[servicepb.ResolveStreamRequest, servicepb.ResolveStreamResponse], n int) error {
	for i := 0; i != n; i++ {
		in, _ := item(i)
		if err := s.Send(in); err != nil {
			return err
		}
	}
	return s.CloseSend()
}

func stream(ctx context.Context, c *client, out report) error {
	n := 10_000
	if len(c.arguments) > 0 {
		var err error
		if n, err = strconv.Atoi(c.arguments[0]); err != nil || n < 0 {
			return fmt.Errorf("invalid number of items: %q", c.arguments[0])
		}
	}
	began := time.Now()
	s, err := c.ResolveStream(ctx)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() { sent <- send(s, n) }()
	answers, bad := 0, 0
	defer func() { out["items"], out["answers"], out["bad"] = n, answers, bad }()
	for {
		answer, err := s.Recv()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("after %d answers: %w", answers, err)
		}
		if answers == n {
			return fmt.Errorf("more than %d answers: %s", n, answer)
		}
		if answer.GetViolations() != nil {
			bad++
		}
		if err := verify(answers, answer); err != nil {
			return err
		}
		answers++
	}
	if answers != n {
		return fmt.Errorf("%d answers to %d items", answers, n)
	}
	out["seconds"] = time.Since(began).Seconds()
	return <-sent
}

// badInput checks messages that together have every kind of violation.
func badInput(ctx context.Context, c *client, out report) error {
	seventeen := make([]*pb.Resources_ResourceEntry, 17)
	for i := range seventeen {
		seventeen[i] = entry(pb.Resources_CPU, "1")
	}
	for _, one := range []struct {
		in   *pb.Resources
		want []string
	}{
		{&pb.Resources{
			Requests: []*pb.Resources_ResourceEntry{
				entry(pb.Resources_CPU, "1Gb"), entry(pb.Resources_CPU, "1"), entry(pb.Resources_STORAGE, "1"),
				entry(pb.Resources_MEMORY, "2Gi"), entry(pb.Resources_GPU, "1"), entry(99, "1"),
				entry(pb.Resources_EPHEMERAL_STORAGE, "-1"),
			},
			Limits: []*pb.Resources_ResourceEntry{
				entry(pb.Resources_MEMORY, "1Gi"), entry(pb.Resources_EPHEMERAL_STORAGE, "8Ei"),
			},
		}, []string{
			"resources.requests[0].value INVALID_QUANTITY", "resources.requests[1].name DUPLICATE_NAME",
			"resources.requests[2].name UNSUPPORTED_NAME", "resources.requests[5].name UNSUPPORTED_NAME",
			"resources.requests[6].value NEGATIVE", "resources.limits[1].value OUT_OF_RANGE",
			"resources.requests[3].value REQUEST_ABOVE_LIMIT", "resources.requests[4].value LIMIT_REQUIRED",
		}},
		{&pb.Resources{
			Requests: []*pb.Resources_ResourceEntry{entry(pb.Resources_GPU, "1")},
			Limits:   []*pb.Resources_ResourceEntry{entry(pb.Resources_GPU, "2")},
		}, []string{"resources.requests[0].value REQUEST_NOT_EQUAL_LIMIT"}},
		{&pb.Resources{
			Requests: seventeen,
			Limits:   []*pb.Resources_ResourceEntry{entry(pb.Resources_GPU, "0.5")},
		}, []string{"resources.requests TOO_MANY_ENTRIES", "resources.limits[0].value NOT_WHOLE"}},
	} {
		_, err := c.Resolve(ctx, &servicepb.ResolveRequest{Resources: one.in})
		got := failure(err)
		out["code"], out["message"], out["violations"] = got["code"], got["message"], got["violations"]
		if got["code"] != "INVALID_ARGUMENT" {
			return fmt.Errorf("the status is %v", err)
		}
		var list []string
		for _, v := range got["violations"].([]map[string]string) {
			if len(v["description"]) == 0 || len(v["description"]) > 120 {
				return fmt.Errorf("a description of %d bytes: %s", len(v["description"]), v["description"])
			}
			list = append(list, v["field"]+" "+v["reason"])
		}
		if !slices.Equal(list, one.want) {
			return fmt.Errorf("got %q, want %q", list, one.want)
		}
	}
	return nil
}

// raw is a codec that passes bytes through.
type raw struct{}

func (raw) Name() string                       { return "proto" }
func (raw) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (raw) Unmarshal(data []byte, v any) error { *v.(*[]byte) = bytes.Clone(data); return nil }

func undecodable(ctx context.Context, c *client, out report) error {
	for name, data := range map[string][]byte{
		"cut short": {0x0a, 0x05, 0x0a}, "no field 0": {0x02, 0x00}, "a group that never ends": {0x0b},
		"not UTF-8": {0x0a, 0x05, 0x0a, 0x03, 0x12, 0x01, 0xff}, "noise": []byte("\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff"),
	} {
		got, err := sendUndecodable(ctx, c, data)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		out[name] = got
	}
	return alive(ctx, c)
}

// sendUndecodable sends data alone and after three items. It returns both status codes.
func sendUndecodable(ctx context.Context, c *client, data []byte) (report, error) {
	var answer []byte
	alone := c.connection.Invoke(ctx, servicepb.ResourcesService_Resolve_FullMethodName, &data, &answer, grpc.ForceCodec(raw{}))
	if alone == nil {
		return nil, errors.New("alone: the status is OK")
	}
	s, err := c.connection.NewStream(ctx, &servicepb.ResourcesService_ServiceDesc.Streams[0],
		servicepb.ResourcesService_ResolveStream_FullMethodName, grpc.ForceCodec(raw{}))
	if err != nil {
		return nil, err
	}
	const good = 3
	for i := range good {
		in, _ := item(i)
		encoded, err := proto.Marshal(in)
		if err != nil {
			return nil, err
		}
		if err := s.SendMsg(&encoded); err != nil {
			return nil, err
		}
	}
	if err := s.SendMsg(&data); err != nil {
		return nil, err
	}
	for i := range good {
		if err := s.RecvMsg(&answer); err != nil {
			return nil, fmt.Errorf("answer %d, due before the error: %w", i, err)
		}
		var got servicepb.ResolveStreamResponse
		if err := errors.Join(proto.Unmarshal(answer, &got), verify(i, &got)); err != nil {
			return nil, err
		}
	}
	inStream := s.RecvMsg(&answer)
	if inStream == nil || errors.Is(inStream, io.EOF) {
		return nil, fmt.Errorf("in a stream: got %v", inStream)
	}
	return report{"unary": code(alone), "stream": code(inStream)}, nil
}

// alive checks with one valid call that the server still answers.
func alive(ctx context.Context, c *client) error {
	half := []*pb.Resources_ResourceEntry{entry(pb.Resources_CPU, "0.5")}
	out, err := c.Resolve(ctx, &servicepb.ResolveRequest{Resources: &pb.Resources{Limits: half}})
	if err != nil {
		return fmt.Errorf("the next call: %w", err)
	}
	milli := []*pb.Resources_ResourceEntry{entry(pb.Resources_CPU, "500m")}
	if !proto.Equal(out.GetResources(), &pb.Resources{Requests: milli, Limits: milli}) {
		return fmt.Errorf("the next call: got %s", out)
	}
	return nil
}

func deadline(ctx context.Context, c *client, out report) error {
	began := time.Now()
	short, cancel := context.WithTimeout(ctx, 500*time.Millisecond)
	defer cancel()
	s, err := c.ResolveStream(short)
	if err != nil {
		return err
	}
	in, _ := item(0)
	if err := s.Send(in); err != nil {
		return err
	}
	answer, err := s.Recv()
	if err != nil {
		return fmt.Errorf("before the deadline: %w", err)
	}
	if err := verify(0, answer); err != nil {
		return err
	}
	_, err = s.Recv() // nothing is sent, so there is no answer
	out["code"], out["seconds"] = code(err), time.Since(began).Seconds()
	if status.Code(err) != codes.DeadlineExceeded || time.Since(began) > 5*time.Second {
		return fmt.Errorf("after %s: %w", time.Since(began), err)
	}
	return alive(ctx, c)
}

func cancelled(ctx context.Context, c *client, out report) error {
	short, cancel := context.WithCancel(ctx)
	defer cancel()
	s, err := c.ResolveStream(short)
	if err != nil {
		return err
	}
	sent := make(chan error, 1)
	go func() { sent <- send(s, -1) }()
	answers := 0
	for ; answers < 1000; answers++ {
		answer, err := s.Recv()
		if err != nil {
			return err
		}
		if err := verify(answers, answer); err != nil {
			return err
		}
	}
	cancel()
	for err == nil { // skip answers that arrived before
		_, err = s.Recv()
	}
	<-sent
	out["answers"], out["code"] = answers, code(err)
	if status.Code(err) != codes.Canceled {
		return fmt.Errorf("the stream ended with %w", err)
	}
	return alive(ctx, c)
}
