package resources_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	inf "gopkg.in/inf.v0"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	resources "resourceidl.example/resources/resources_go"
)

func TestToProto(t *testing.T) {
	q := resource.MustParse
	list := corev1.ResourceList{
		"ephemeral-storage": q("10Gi"), "nvidia.com/gpu": q("1"), "memory": q("31.25Ki"), "cpu": q("1E3"),
	}
	got, err := resources.ToProto(corev1.ResourceRequirements{Requests: list, Limits: list})
	if err != nil {
		t.Fatal(err)
	}
	want := entries(entry(cpu, "1e3"), entry(memory, "32k"), entry(gpu, "1"), entry(ephemeral, "10Gi"))
	if !proto.Equal(got, message(want, want)) {
		t.Errorf("got %v", got)
	}
	if kept := list["cpu"]; kept.String() != "1E3" {
		t.Errorf("the caller's quantity was modified: %s", kept.String())
	}
	if got, err := resources.ToProto(corev1.ResourceRequirements{Limits: corev1.ResourceList{}}); err != nil || proto.Size(got) != 0 {
		t.Errorf("empty: got %v, %v", got, err)
	}
}

func TestToProtoQuantitiesMadeByPrograms(t *testing.T) {
	huge := *resource.NewDecimalQuantity(*inf.NewDec(1, -50_000_000), resource.DecimalSI)
	for _, c := range []struct {
		q    resource.Quantity
		want string
	}{
		{resource.Quantity{}, "0"},
		{*resource.NewQuantity(5, ""), "5"},
		{*resource.NewScaledQuantity(1, -12), "1n"}, // which would print 1, its suffix dropped
		{*resource.NewDecimalQuantity(*inf.NewDec(1, 30), resource.BinarySI), "1n"},
		{*resource.NewDecimalQuantity(*inf.NewDec(0, -50_000_000), resource.DecimalSI), "0"},
		{resource.MustParse("0e50000000"), "0"},
		{*resource.NewScaledQuantity(1, resource.Exa), "1E"},
		{resource.MustParse("1e50000000"), "OUT_OF_RANGE"},
		{huge, "OUT_OF_RANGE"},
		{*resource.NewScaledQuantity(1, 21), "OUT_OF_RANGE"},
		{*resource.NewQuantity(-1<<63, resource.DecimalSI), "OUT_OF_RANGE"},
		{*resource.NewQuantity(-1, resource.DecimalSI), "NEGATIVE"},
	} {
		m, err := resources.ToProto(corev1.ResourceRequirements{Requests: corev1.ResourceList{"memory": c.q}})
		got := ""
		if bad := violations(t, err); bad != nil {
			got = strings.TrimPrefix(bad[0], `requests["memory"] `)
		} else {
			got = m.GetRequests()[0].GetValue()
		}
		if got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestToProtoViolations(t *testing.T) {
	q := resource.MustParse
	_, err := resources.ToProto(corev1.ResourceRequirements{
		Requests: corev1.ResourceList{
			"memory": q("2Gi"), "nvidia.com/gpu": q("1"), "hugepages-2Mi": q("1"), "amd.com/gpu": q("1"), "cpu": q("-1"),
		},
		Limits: corev1.ResourceList{"memory": q("1Gi"), "e\"\n": q("1"), "ephemeral-storage": q("1e30")},
		Claims: []corev1.ResourceClaim{{Name: "claim"}},
	}, resources.FieldPrefix("spec."))
	equal(t, violations(t, err), []string{
		`spec.requests["cpu"] NEGATIVE`,
		`spec.requests["amd.com/gpu"] UNKNOWN_KEY`,
		`spec.requests["hugepages-2Mi"] UNKNOWN_KEY`,
		`spec.limits["ephemeral-storage"] OUT_OF_RANGE`,
		`spec.limits["e\"\n"] UNKNOWN_KEY`,
		`spec.claims UNKNOWN_KEY`,
		`spec.requests["memory"] REQUEST_ABOVE_LIMIT`,
		`spec.requests["nvidia.com/gpu"] LIMIT_REQUIRED`,
	})
}
