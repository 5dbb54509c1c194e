package resources_test

import (
	"math"
	"strings"
	"testing"

	"google.golang.org/protobuf/proto"
	inf "gopkg.in/inf.v0"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	resources "resourceidl.example/resources/resources_go"
)

// A scale near the ends of int32 overflows where it is negated or added to.
func TestToProtoExtremeScales(t *testing.T) {
	for _, c := range []struct {
		unscaled int64
		scale    inf.Scale
		want     string
	}{
		{1, math.MinInt32, "OUT_OF_RANGE"},
		{1, math.MinInt32 + 1, "OUT_OF_RANGE"},
		{-1, math.MinInt32, "OUT_OF_RANGE"},
		{0, math.MinInt32, "0"},
		{1, math.MaxInt32, "1n"},
		{1, math.MaxInt32 - 1, "1n"},
		{-1, math.MaxInt32, "NEGATIVE"},
		{0, math.MaxInt32, "0"},
	} {
		for _, format := range []resource.Format{resource.DecimalSI, resource.BinarySI, resource.DecimalExponent} {
			q := *resource.NewDecimalQuantity(*inf.NewDec(c.unscaled, c.scale), format)
			m, err := resources.ToProto(corev1.ResourceRequirements{Requests: corev1.ResourceList{"memory": q}})
			got := ""
			if bad := violations(t, err); bad != nil {
				got = strings.TrimPrefix(bad[0], `requests["memory"] `)
			} else {
				got = m.GetRequests()[0].GetValue()
			}
			if got != c.want && !(c.want == "1n" && strings.HasPrefix(got, "1e-9")) {
				t.Errorf("%d with scale %d, %s: got %q, want %q", c.unscaled, c.scale, format, got, c.want)
			}
		}
	}
}

func TestToProtoExtremeScaledQuantities(t *testing.T) {
	for scale, want := range map[resource.Scale]string{
		math.MinInt32:     "OUT_OF_RANGE", // apimachinery cannot negate it
		math.MinInt32 + 1: "1n",
		math.MaxInt32:     "OUT_OF_RANGE",
		math.MaxInt32 - 1: "OUT_OF_RANGE",
	} {
		q := *resource.NewScaledQuantity(1, scale)
		m, err := resources.ToProto(corev1.ResourceRequirements{Requests: corev1.ResourceList{"memory": q}})
		got := ""
		if bad := violations(t, err); bad != nil {
			got = strings.TrimPrefix(bad[0], `requests["memory"] `)
		} else {
			got = m.GetRequests()[0].GetValue()
		}
		if got != want {
			t.Errorf("scale %d: got %q, want %q", scale, got, want)
		}
	}
}

// A nil Option changes nothing, as in gRPC-Go and Kubernetes, where options are often built conditionally.
func TestNilOption(t *testing.T) {
	m := message(entries(entry(cpu, "1")), nil)
	r, err := resources.FromProto(m, nil, resources.FieldPrefix("resources."), nil)
	if err != nil {
		t.Fatal(err)
	}
	got, err := resources.ToProto(r, nil)
	if err != nil || !proto.Equal(got, m) {
		t.Errorf("got %v, %v", got, err)
	}
}
