package resources_test

import (
	"fmt"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

func TestErrorStatus(t *testing.T) {
	m := message(entries(entry(cpu, "1Gb"), entry(memory, "-1"), entry(storage, "1")), nil)
	_, err := resources.FromProto(m, resources.FieldPrefix("resources."))
	for _, err := range []error{err, fmt.Errorf("submit: %w", err)} {
		s, ok := status.FromError(err)
		if !ok || s.Code() != codes.InvalidArgument || len(s.Details()) != 1 {
			t.Fatalf("got %v", s)
		}
		bad, ok := s.Details()[0].(*errdetails.BadRequest)
		if !ok || len(bad.GetFieldViolations()) != 3 {
			t.Fatalf("got %v", s.Details())
		}
		first := bad.GetFieldViolations()[0]
		if first.GetField() != "resources.requests[0].value" || first.GetReason() != "INVALID_QUANTITY" ||
			first.GetDescription() != `"1Gb" is not a quantity: did you mean 1G or 1Gi?` {
			t.Errorf("got %v", first)
		}
	}
	if want := `resources.requests[0].value: "1Gb" is not a quantity: did you mean 1G or 1Gi? (and 2 more)`; err.Error() != want {
		t.Errorf("got %s", err)
	}
	if got := (&resources.Error{}).GRPCStatus().Code(); got != codes.InvalidArgument {
		t.Errorf("got %s", got)
	}
}

// Details travel in a base64-encoded trailer. Together with the message, the worst case must stay within 8 KiB.
func TestDetailsFitTrailer(t *testing.T) {
	awful := strings.Repeat("\x01", 64)
	var list []*pb.Resources_ResourceEntry
	for _, name := range []pb.Resources_ResourceName{cpu, gpu, memory, ephemeral} {
		list = append(list, entry(name, awful))
	}
	for len(list) < 16 {
		list = append(list, entry(-1<<31, awful))
	}
	_, err := resources.FromProto(message(list, list), resources.FieldPrefix("resources."))
	if got := len(violations(t, err)); got != 32 {
		t.Fatalf("got %d violations", got)
	}
	data, err := proto.Marshal(status.Convert(err).Proto())
	if err != nil {
		t.Fatal(err)
	}
	if size := len(data)*4/3 + len(status.Convert(err).Message()); size > 8000 {
		t.Errorf("%d bytes", size)
	}
}
