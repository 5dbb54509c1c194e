package resources_test

import (
	"fmt"
	"testing"

	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	resources "resourceidl.example/resources/resources_go"
)

func TestDefaulted(t *testing.T) {
	q := resource.MustParse
	in := corev1.ResourceRequirements{
		Requests: corev1.ResourceList{"cpu": q("1u"), "ephemeral-storage": q("1")},
		Limits:   corev1.ResourceList{"cpu": q("1.0001"), "memory": q("100.5m")},
	}
	before := in.DeepCopy()
	got, err := resources.ToProto(resources.Defaulted(in))
	if err != nil {
		t.Fatal(err)
	}
	want := message(entries(entry(cpu, "1m"), entry(memory, "101m"), entry(ephemeral, "1")),
		entries(entry(cpu, "1001m"), entry(memory, "101m")))
	if !proto.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if fmt.Sprint(in) != fmt.Sprint(*before) {
		t.Errorf("the caller's requirements were modified: %v", in)
	}
	if got := resources.Defaulted(corev1.ResourceRequirements{}); got.Requests != nil || got.Limits != nil {
		t.Errorf("empty: got %v", got)
	}
	if got := resources.Defaulted(corev1.ResourceRequirements{Limits: in.Limits}); len(got.Requests) != 2 {
		t.Errorf("got %v", got)
	}
}
