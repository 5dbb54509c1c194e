package reference

import (
	"bufio"
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"

	servicepb "resourceidl.example/resources/generated/go/resourceidl/service/v1"
	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

// vector is one line of conformance/vectors/resolve.jsonl. Every implementation is tested with it.
type vector struct {
	Tag        string          `json:"tag"`
	Request    json.RawMessage `json:"request"`
	Hex        string          `json:"hex"`
	Status     string          `json:"status"`
	Answer     *string         `json:"answer"`
	Violations []violation     `json:"violations"`
	// WithoutKubernetes is for readers that do not read for Kubernetes. FromProto always does.
	WithoutKubernetes []violation `json:"without_kubernetes"`
}

type violation struct {
	Field  string `json:"field"`
	Reason string `json:"reason"`
}

func (v vector) bytes(t testing.TB) []byte {
	t.Helper()
	data, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatalf("%s: %v", v.Tag, err)
	}
	return data
}

// want returns the bytes of the answer in hex, or "field REASON" for each violation.
func (v vector) want(t testing.TB) string {
	t.Helper()
	if (v.Answer == nil) == (len(v.Violations) == 0) {
		t.Fatalf("%s: want either an answer or violations", v.Tag)
	}
	if v.Answer != nil {
		return *v.Answer
	}
	var lines []string
	for _, w := range v.Violations {
		lines = append(lines, w.Field+" "+w.Reason)
	}
	return strings.Join(lines, "\n")
}

// vectors returns the cases whose bytes are a request.
func vectors(t testing.TB) []vector {
	t.Helper()
	return slices.DeleteFunc(allVectors(t), func(v vector) bool { return v.Status == "INTERNAL" })
}

func allVectors(t testing.TB) []vector {
	t.Helper()
	const path = "../../../conformance/vectors/resolve.jsonl"
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	var out []vector
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var v vector
		decoder := json.NewDecoder(bytes.NewReader(lines.Bytes()))
		decoder.DisallowUnknownFields()
		if err := decoder.Decode(&v); err != nil {
			t.Fatalf("%s:%d: %v", path, len(out)+1, err)
		}
		out = append(out, v)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	if len(out) < 60 {
		t.Fatalf("%s: only %d vectors", path, len(out))
	}
	return out
}

func joined(list []*servicepb.Violation) string {
	var lines []string
	for _, v := range list {
		lines = append(lines, v.GetField()+" "+v.GetReason())
	}
	return strings.Join(lines, "\n")
}

// unary returns the result of Resolve in the form of vector.want.
func unary(t testing.TB, out *servicepb.ResolveResponse, err error) string {
	t.Helper()
	if err != nil {
		return joined(details(t, err, codes.InvalidArgument))
	}
	data, err := proto.Marshal(out)
	if err != nil {
		t.Fatal(err)
	}
	return hex.EncodeToString(data)
}

// streamed returns an answer of ResolveStream in the form of vector.want.
func streamed(t testing.TB, out *servicepb.ResolveStreamResponse) string {
	t.Helper()
	switch result := out.GetResult().(type) {
	case *servicepb.ResolveStreamResponse_Violations:
		return joined(result.Violations.GetViolations())
	case *servicepb.ResolveStreamResponse_Resources:
		return unary(t, &servicepb.ResolveResponse{Resources: result.Resources}, nil)
	default:
		t.Fatalf("neither resources nor violations: %v", out)
		return ""
	}
}

func TestVectors(t *testing.T) {
	client := servicepb.NewResourcesServiceClient(dial(t, start(t, Config{})))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for _, v := range vectors(t) {
		t.Run(v.Tag, func(t *testing.T) {
			var in, fromJSON servicepb.ResolveRequest
			if err := proto.Unmarshal(v.bytes(t), &in); err != nil {
				t.Fatal(err)
			}
			out, err := client.Resolve(ctx, &in)
			if got, want := unary(t, out, err), v.want(t); got != want {
				t.Errorf("%s\ngot\n%s\nwant\n%s", v.Request, got, want)
			}
			if string(v.Request) == "null" {
				return // ProtoJSON cannot express these bytes
			}
			// The request as ProtoJSON has the same answer.
			if err := protojson.Unmarshal(v.Request, &fromJSON); err != nil {
				t.Fatal(err)
			}
			out, err = client.Resolve(ctx, &fromJSON)
			if got, want := unary(t, out, err), v.want(t); got != want {
				t.Errorf("from JSON: %s\ngot\n%s\nwant\n%s", v.Request, got, want)
			}
		})
	}
}

func TestContainerVectors(t *testing.T) {
	client := servicepb.NewResourcesServiceClient(dial(t, start(t, Config{})))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	data, err := os.ReadFile("../../../conformance/vectors/container.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	for line := range bytes.Lines(data) {
		var v vector
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		var in servicepb.ResolveContainerRequest
		if err := proto.Unmarshal(v.bytes(t), &in); err != nil {
			t.Fatal(err)
		}
		out, err := client.ResolveContainer(ctx, &in)
		if v.Answer == nil {
			if got, want := joined(details(t, err, codes.InvalidArgument)), v.want(t); got != want {
				t.Errorf("%s\ngot\n%s\nwant\n%s", v.Tag, got, want)
			}
			continue
		}
		var want servicepb.ResolveContainerResponse
		if data, _ := hex.DecodeString(*v.Answer); proto.Unmarshal(data, &want) != nil {
			t.Fatal(v.Tag)
		}
		if err != nil || !proto.Equal(out, &want) {
			t.Errorf("%s: got %v, %v", v.Tag, out, err)
		}
	}
}

func TestVectorsInOneStream(t *testing.T) {
	client := servicepb.NewResourcesServiceClient(dial(t, start(t, Config{})))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	stream, err := client.ResolveStream(ctx)
	if err != nil {
		t.Fatal(err)
	}
	all := vectors(t)
	sent := make(chan error, 1)
	go func() {
		for _, v := range all {
			var in servicepb.ResolveStreamRequest // both kinds of request have the same bytes
			if err := errors.Join(proto.Unmarshal(v.bytes(t), &in), stream.Send(&in)); err != nil {
				sent <- err
				return
			}
		}
		sent <- stream.CloseSend()
	}()
	for _, v := range all {
		out, err := stream.Recv()
		if err != nil {
			t.Fatalf("%s: %v", v.Tag, err)
		}
		if got, want := streamed(t, out), v.want(t); got != want {
			t.Errorf("%s: got\n%s\nwant\n%s", v.Tag, got, want)
		}
	}
	if _, err := stream.Recv(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last answer: %v", err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestUndecodableVectors(t *testing.T) {
	connection := dial(t, start(t, Config{}))
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	count := 0
	for _, v := range allVectors(t) {
		if v.Status != "INTERNAL" {
			continue
		}
		count++
		var in servicepb.ResolveRequest
		if proto.Unmarshal(v.bytes(t), &in) == nil {
			t.Errorf("%s: decoded as %v", v.Tag, &in)
		}
		sent, received := v.bytes(t), []byte(nil)
		err := connection.Invoke(ctx, servicepb.ResourcesService_Resolve_FullMethodName, &sent, &received,
			grpc.ForceCodec(rawCodec{}))
		if s := status.Convert(err); s.Code() != codes.Internal || len(s.Details()) > 0 {
			t.Errorf("%s: got %v", v.Tag, err)
		}
	}
	if count < 20 {
		t.Errorf("only %d vectors", count)
	}
}

// rawCodec sends and receives bytes.
type rawCodec struct{}

func (rawCodec) Marshal(v any) ([]byte, error)      { return *v.(*[]byte), nil }
func (rawCodec) Unmarshal(data []byte, v any) error { *v.(*[]byte) = data; return nil }
func (rawCodec) Name() string                       { return "proto" }

// corpus returns the corpus of Python's from_bytes fuzzer, each entry as the resources of a request.
func corpus(t testing.TB) [][]byte {
	t.Helper()
	text, err := os.ReadFile("../../../fuzz/corpus/from_bytes.txt")
	if err != nil {
		t.Fatal(err)
	}
	var all [][]byte
	for line := range strings.Lines(string(text)) {
		data, err := strconv.Unquote(strings.TrimSuffix(line, "\n"))
		if err != nil {
			t.Fatalf("%s: %v", line, err)
		}
		all = append(all, protowire.AppendBytes(protowire.AppendTag(nil, 1, protowire.BytesType), []byte(data)))
	}
	return all
}

// FuzzResolve checks properties that hold for every request and its answer.
func FuzzResolve(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.bytes(f))
	}
	for _, data := range corpus(f) {
		f.Add(data)
	}
	reasons := []resources.Reason{
		resources.ReasonTooManyEntries, resources.ReasonUnsupportedName, resources.ReasonDuplicateName,
		resources.ReasonInvalidQuantity, resources.ReasonOutOfRange, resources.ReasonNegative, resources.ReasonNotWhole,
		resources.ReasonRequestAboveLimit, resources.ReasonRequestNotEqualLimit, resources.ReasonLimitRequired,
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var in servicepb.ResolveRequest
		if proto.Unmarshal(data, &in) != nil {
			t.Skip("not a request")
		}
		before := proto.CloneOf(&in)
		began := time.Now()
		out, err := Service{}.Resolve(context.Background(), &in)
		if took := time.Since(began); took > time.Second {
			t.Errorf("took %s", took)
		}
		if !proto.Equal(before, &in) {
			t.Error("the request was modified")
		}
		item, streamErr := resolveItem(in.GetResources())
		if streamErr != nil {
			t.Fatalf("the stream fails: %v", streamErr)
		}
		if one, other := unary(t, out, err), streamed(t, item); one != other {
			t.Errorf("unary\n%s\nstream\n%s", one, other)
		}
		if err != nil {
			var bad *resources.Error
			if !errors.As(err, &bad) || len(bad.Violations) == 0 {
				t.Fatalf("got %v, want violations", err)
			}
			for _, v := range bad.Violations {
				if !strings.HasPrefix(v.Field, "resources.requests") && !strings.HasPrefix(v.Field, "resources.limits") ||
					len(v.Description) > 120 || !slices.Contains(reasons, v.Reason) {
					t.Errorf("%+v", v)
				}
			}
			return
		}
		if out.GetResources() == nil {
			t.Fatal("resources is not set")
		}
		// Resolving an answer returns it unchanged, and it has a request for every limit.
		again, err := Service{}.Resolve(context.Background(), &servicepb.ResolveRequest{Resources: out.GetResources()})
		if err != nil || !proto.Equal(out, again) {
			t.Errorf("%v resolves to %v, %v", out, again, err)
		}
		names := map[pb.Resources_ResourceName]bool{}
		for _, e := range out.GetResources().GetRequests() {
			names[e.GetName()] = true
		}
		for _, e := range out.GetResources().GetLimits() {
			if !names[e.GetName()] {
				t.Errorf("%s has a limit and no request", e.GetName())
			}
		}
	})
}
