package main

import (
	"context"
	"strings"
	"testing"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	"jobs.example/jobs/jobsv1"
	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

func entries(name pb.Resources_ResourceName, value string) []*pb.Resources_ResourceEntry {
	return []*pb.Resources_ResourceEntry{{Name: name, Value: value}}
}

func TestPod(t *testing.T) {
	out, err := server{}.Submit(context.Background(), &jobsv1.SubmitRequest{
		Name: "train-7", Image: `a<"&\>b`, Resources: &pb.Resources{
			Requests: []*pb.Resources_ResourceEntry{
				{Name: pb.Resources_EPHEMERAL_STORAGE, Value: "31.25Ki"}, {Name: pb.Resources_CPU, Value: "+1.5"},
			},
			Limits: entries(pb.Resources_GPU, "1"),
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	const want = `{
  "apiVersion": "v1",
  "kind": "Pod",
  "metadata": {
    "name": "train-7"
  },
  "spec": {
    "containers": [
      {
        "image": "a<\"&\\>b",
        "name": "main",
        "resources": {
          "limits": {
            "nvidia.com/gpu": "1"
          },
          "requests": {
            "cpu": "1500m",
            "ephemeral-storage": "32000"
          }
        }
      }
    ],
    "restartPolicy": "Never"
  }
}`
	if out.GetPod() != want {
		t.Errorf("got %s", out.GetPod())
	}
}

func TestPodWithoutResources(t *testing.T) {
	for _, r := range []*pb.Resources{nil, {}} {
		out, err := server{}.Submit(context.Background(), &jobsv1.SubmitRequest{Name: "a", Image: "b", Resources: r})
		if err != nil || strings.Contains(out.GetPod(), "resources") {
			t.Errorf("got %v, %v", out, err)
		}
	}
}

func TestViolations(t *testing.T) {
	bad := &pb.Resources{Requests: append(entries(pb.Resources_CPU, "x"), entries(pb.Resources_MEMORY, "-1")...)}
	long := strings.Repeat("a", 254)
	for _, c := range []struct {
		in   *jobsv1.SubmitRequest
		want string
	}{
		{&jobsv1.SubmitRequest{Resources: bad}, "name INVALID_NAME"},
		{&jobsv1.SubmitRequest{Name: "Train", Image: "b"}, "name INVALID_NAME"},
		{&jobsv1.SubmitRequest{Name: "a\n", Image: "b"}, "name INVALID_NAME"},
		{&jobsv1.SubmitRequest{Name: long, Image: "b"}, "name INVALID_NAME"},
		{&jobsv1.SubmitRequest{Name: "a", Resources: bad}, "image INVALID_IMAGE"},
		{&jobsv1.SubmitRequest{Name: "a", Image: "b\n"}, "image INVALID_IMAGE"},
		{&jobsv1.SubmitRequest{Name: "a", Image: "b", Resources: bad},
			"resources.requests[0].value INVALID_QUANTITY, resources.requests[1].value NEGATIVE"},
	} {
		_, err := server{}.Submit(context.Background(), c.in)
		s := status.Convert(err)
		if s.Code() != codes.InvalidArgument || len(s.Details()) != 1 {
			t.Fatalf("got %v", err)
		}
		var got []string
		for _, v := range s.Details()[0].(*errdetails.BadRequest).GetFieldViolations() {
			got = append(got, v.GetField()+" "+v.GetReason())
		}
		if strings.Join(got, ", ") != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

// A client in Go gets the violations at the places of what it declared.
func TestViolationsAtTheDeclaration(t *testing.T) {
	one := resource.MustParse("1")
	declared := resources.Declared(corev1.ResourceRequirements{
		Requests: corev1.ResourceList{"cpu": one, "nvidia.com/gpu": one}, Limits: corev1.ResourceList{"cpu": one},
	})
	_, err := server{}.Submit(context.Background(), &jobsv1.SubmitRequest{Name: "a", Image: "b", Resources: &pb.Resources{
		Requests: []*pb.Resources_ResourceEntry{{Name: pb.Resources_CPU, Value: "1"}, {Name: pb.Resources_GPU, Value: "1"}},
		Limits:   entries(pb.Resources_CPU, "x"),
	}})
	bad := resources.ErrorFromStatus(status.Convert(err).Err(), resources.FieldPrefix("resources."), declared)
	if bad == nil {
		t.Fatalf("got %v", err)
	}
	var got []string
	for _, v := range bad.Violations {
		got = append(got, v.Field+" "+v.Reason)
	}
	const want = `limits["cpu"] INVALID_QUANTITY, requests["nvidia.com/gpu"] LIMIT_REQUIRED`
	if strings.Join(got, ", ") != want {
		t.Errorf("got %s", got)
	}
}
