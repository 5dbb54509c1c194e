package resources_test

import (
	"encoding/json"
	"errors"
	"fmt"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/status"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

func ExampleFromProto() {
	requirements, err := resources.FromProto(&pb.Resources{
		Requests: []*pb.Resources_ResourceEntry{
			{Name: pb.Resources_CPU, Value: "0.5"},
			{Name: pb.Resources_GPU, Value: "1"},
		},
		Limits: []*pb.Resources_ResourceEntry{
			{Name: pb.Resources_GPU, Value: "1"},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	container := corev1.Container{Name: "main", Image: "registry.example/train:1", Resources: requirements}
	text, _ := json.Marshal(container.Resources)
	fmt.Println(string(text))
	// Output:
	// {"limits":{"nvidia.com/gpu":"1"},"requests":{"cpu":"500m","nvidia.com/gpu":"1"}}
}

// A handler that returns the error unchanged sends these violations to its client.
func ExampleFromProto_violations() {
	_, err := resources.FromProto(&pb.Resources{
		Requests: []*pb.Resources_ResourceEntry{
			{Name: pb.Resources_MEMORY, Value: "123Mb"},
			{Name: pb.Resources_CPU, Value: "2"},
		},
		Limits: []*pb.Resources_ResourceEntry{
			{Name: pb.Resources_CPU, Value: "500m"},
		},
	}, resources.FieldPrefix("resources."))

	fmt.Println(status.Code(err))
	for _, detail := range status.Convert(err).Details() {
		for _, v := range detail.(*errdetails.BadRequest).GetFieldViolations() {
			fmt.Printf("%s %s: %s\n", v.GetReason(), v.GetField(), v.GetDescription())
		}
	}
	// Output:
	// InvalidArgument
	// INVALID_QUANTITY resources.requests[0].value: "123Mb" is not a quantity: did you mean 123M or 123Mi?
	// REQUEST_ABOVE_LIMIT resources.requests[1].value: "2" is above the limit "500m": request at most the limit
}

func ExampleGPUResource() {
	one := []*pb.Resources_ResourceEntry{{Name: pb.Resources_GPU, Value: "1"}}
	requirements, err := resources.FromProto(&pb.Resources{Limits: one}, resources.GPUResource("amd.com/gpu"))
	if err != nil {
		fmt.Println(err)
		return
	}
	count := requirements.Limits["amd.com/gpu"]
	fmt.Println(count.Value())
	// Output: 1
}

func ExampleToProto() {
	message, err := resources.ToProto(corev1.ResourceRequirements{
		Limits: corev1.ResourceList{
			corev1.ResourceMemory: resource.MustParse("1024Mi"),
			corev1.ResourceCPU:    resource.MustParse("1.50"),
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, entry := range message.GetLimits() {
		fmt.Println(entry.GetName(), entry.GetValue())
	}
	// Output:
	// CPU 1500m
	// MEMORY 1Gi
}

func ExampleToProto_violations() {
	_, err := resources.ToProto(corev1.ResourceRequirements{
		Limits: corev1.ResourceList{"example.com/fpga": resource.MustParse("1")},
	})
	var bad *resources.Error
	if errors.As(err, &bad) {
		fmt.Println(bad.Violations[0].Field, bad.Violations[0].Reason)
	}
	// Output: limits["example.com/fpga"] UNKNOWN_KEY
}

func ExampleDefaulted() {
	defaulted := resources.Defaulted(corev1.ResourceRequirements{
		Limits: corev1.ResourceList{corev1.ResourceCPU: resource.MustParse("1.0001")},
	})
	fmt.Println(defaulted.Requests.Cpu(), defaulted.Limits.Cpu())
	// Output: 1001m 1001m
}
