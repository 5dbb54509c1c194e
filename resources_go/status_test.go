package resources_test

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	resources "resourceidl.example/resources/resources_go"
)

// TestLargeDetailsAreCut reads the vectors that Python's tests read too.
func TestLargeDetailsAreCut(t *testing.T) {
	file, err := os.Open("../conformance/vectors/details.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = file.Close() }()
	lines := bufio.NewScanner(file)
	count := 0
	for ; lines.Scan(); count++ {
		var c struct {
			Tag, Field, Description, Cut string
			Count, Kept, More            int
		}
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.Tag, func(t *testing.T) {
			bad := &resources.Error{}
			for range c.Count {
				bad.Violations = append(bad.Violations, resources.Violation{
					Field: c.Field, Reason: "INVALID_QUANTITY", Description: c.Description,
				})
			}
			s := bad.GRPCStatus()
			data, err := proto.Marshal(s.Proto())
			if err != nil || len(data)*4/3 > 7*1024 || len(s.Message()) > 200 || len(s.Details()) != 1 {
				t.Fatalf("%v, %d bytes, message %q", err, len(data), s.Message())
			}
			got := s.Details()[0].(*errdetails.BadRequest).GetFieldViolations()
			if c.More > 0 {
				last := got[len(got)-1]
				want := fmt.Sprintf("%d more", c.More)
				if last.GetField() != "" || last.GetReason() != resources.ReasonTruncated || last.GetDescription() != want {
					t.Errorf("last is %v, want %s", last, want)
				}
				got = got[:len(got)-1]
			}
			if len(got) != c.Kept {
				t.Fatalf("%d kept, want %d", len(got), c.Kept)
			}
			for _, v := range got {
				if v.GetField() != c.Field || v.GetReason() != "INVALID_QUANTITY" || v.GetDescription() != c.Cut {
					t.Fatalf("got %v, want %s", v, c.Cut)
				}
			}
		})
	}
	if count < 10 {
		t.Errorf("only %d vectors", count)
	}
}

func TestStatusOfInvalidText(t *testing.T) {
	bad := &resources.Error{Violations: []resources.Violation{{Field: "\xff", Reason: "R", Description: "a\xffb"}}}
	s := bad.GRPCStatus()
	v := s.Details()[0].(*errdetails.BadRequest).GetFieldViolations()[0]
	if v.GetField() != "\uFFFD" || v.GetDescription() != "a\uFFFDb" || s.Message() != "\uFFFD: a\uFFFDb" {
		t.Errorf("got %v, %q", v, s.Message())
	}
}

// failure returns what a client gets.
func failure(fields ...string) error {
	bad := &resources.Error{}
	for _, field := range fields {
		bad.Violations = append(bad.Violations, resources.Violation{Field: field, Reason: "NEGATIVE", Description: "d"})
	}
	return bad.GRPCStatus().Err()
}

func fieldsOf(t *testing.T, err *resources.Error) string {
	t.Helper()
	if err == nil {
		t.Fatal("no violations")
	}
	var fields []string
	for _, v := range err.Violations {
		if v.Reason != "NEGATIVE" || v.Description != "d" {
			t.Errorf("got %+v", v)
		}
		fields = append(fields, v.Field)
	}
	return strings.Join(fields, " ")
}

func TestErrorFromStatus(t *testing.T) {
	one := resource.MustParse("1")
	// In the message: requests CPU, GPU; limits MEMORY, GPU.
	declared := resources.Declared(corev1.ResourceRequirements{
		Requests: corev1.ResourceList{"nvidia.com/gpu": one, "cpu": one},
		Limits:   corev1.ResourceList{"memory": one, "nvidia.com/gpu": one},
	})
	prefix := resources.FieldPrefix("containers[2].resources.")
	err := failure("containers[2].resources.requests[1].value", "containers[2].resources.limits[0].name", "name",
		"containers[2].resources.requests", "containers[2].resources.requests[7].value", "containers[2].resources")
	const stripped = "requests[1].value limits[0].name name requests requests[7].value "
	if got := fieldsOf(t, resources.ErrorFromStatus(err, prefix)); got != stripped {
		t.Errorf("got %s", got)
	}
	const placed = `requests["nvidia.com/gpu"] limits["memory"] name requests requests[7].value `
	if got := fieldsOf(t, resources.ErrorFromStatus(fmt.Errorf("submit: %w", err), prefix, declared)); got != placed {
		t.Errorf("got %s", got)
	}
	amd := resources.GPUResource("amd.com/gpu")
	if got := fieldsOf(t, resources.ErrorFromStatus(failure("requests[1].value"), amd, declared)); got != "requests[1].value" {
		t.Errorf("got %s", got)
	}
}

func TestErrorFromOtherStatuses(t *testing.T) {
	internal, err := status.New(codes.Internal, "x").WithDetails(&errdetails.BadRequest{
		FieldViolations: []*errdetails.BadRequest_FieldViolation{{Field: "cpu"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range []error{
		nil, errors.New("x"), status.Error(codes.InvalidArgument, "x"), internal.Err(), (&resources.Error{}).GRPCStatus().Err(),
	} {
		if got := resources.ErrorFromStatus(err); got != nil {
			t.Errorf("%v: got %v", err, got)
		}
	}
}
