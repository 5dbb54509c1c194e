package resources_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"testing"

	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

// requirements converts a message without the checks of FromProto: the vectors also have GPUs that only Kubernetes
// rejects.
func requirements(t *testing.T, text string) corev1.ResourceRequirements {
	t.Helper()
	data, err := hex.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	var m pb.Resources
	if err := proto.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	return corev1.ResourceRequirements{Requests: toList(m.GetRequests()), Limits: toList(m.GetLimits())}
}

func toList(entries []*pb.Resources_ResourceEntry) corev1.ResourceList {
	var list corev1.ResourceList
	for _, e := range entries {
		if list == nil {
			list = corev1.ResourceList{}
		}
		list[kubernetesNames[e.GetName()]] = resource.MustParse(e.GetValue())
	}
	return list
}

var kubernetesNames = map[pb.Resources_ResourceName]corev1.ResourceName{
	cpu: "cpu", memory: "memory", gpu: "nvidia.com/gpu", ephemeral: "ephemeral-storage",
}

// shown writes requirements with canonical strings, in order.
func shown(r corev1.ResourceRequirements) string {
	var out []string
	for side, list := range map[string]corev1.ResourceList{"requests": r.Requests, "limits": r.Limits} {
		for name, q := range list {
			number, suffix := q.CanonicalizeBytes(nil)
			out = append(out, fmt.Sprintf("%s %s %s%s %s", side, name, number, suffix, q.Format))
		}
	}
	slices.Sort(out)
	return fmt.Sprint(out)
}

func TestCombine(t *testing.T) {
	data, err := os.ReadFile("../conformance/vectors/combine.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	count := 0
	for line := range bytes.Lines(data) {
		var vector struct {
			Tag, Operation, Resources, Other string
			Answer                           *string
			Violations                       []struct{ Name, Reason string }
		}
		if err := json.Unmarshal(line, &vector); err != nil {
			t.Fatal(err)
		}
		count++
		in, other := requirements(t, vector.Resources), requirements(t, vector.Other)
		before := shown(in) + shown(other)
		var got corev1.ResourceRequirements
		var gotErr error
		switch vector.Operation {
		case "override":
			got, gotErr = resources.Override(in, other)
		case "with_defaults":
			got = resources.WithDefaults(in, other)
		case "defaulted":
			got = resources.Defaulted(in)
		default:
			t.Fatalf("%s: operation %q", vector.Tag, vector.Operation)
		}
		if after := shown(in) + shown(other); after != before {
			t.Errorf("%s: an argument was modified: %s", vector.Tag, after)
		}
		if vector.Answer != nil {
			if want := shown(requirements(t, *vector.Answer)); gotErr != nil || shown(got) != want {
				t.Errorf("%s: got %s, %v\nwant %s", vector.Tag, shown(got), gotErr, want)
			}
			continue
		}
		var failed *resources.Error
		if !errors.As(gotErr, &failed) {
			t.Errorf("%s: got %v, want violations", vector.Tag, gotErr)
			continue
		}
		var reported, want []string
		for _, v := range failed.Violations {
			reported = append(reported, v.Field+" "+v.Reason)
		}
		for _, v := range vector.Violations {
			name := kubernetesNames[pb.Resources_ResourceName(pb.Resources_ResourceName_value[v.Name])]
			want = append(want, fmt.Sprintf("requests[%q] %s", name, v.Reason))
		}
		slices.Sort(reported)
		slices.Sort(want)
		equal(t, reported, want)
	}
	if count < 30 {
		t.Errorf("%d vectors are too few", count)
	}
}

func TestCombineAnyName(t *testing.T) {
	q := resource.MustParse
	list := func(name corev1.ResourceName, value string) corev1.ResourceList {
		return corev1.ResourceList{name: q(value)}
	}
	for _, c := range []struct {
		name         corev1.ResourceName
		wantedLimits string
	}{
		{"hugepages-2Mi", "8Mi"}, // filled in
		{"rdma/hca", "4Mi"},      // extended: the request sets both
	} {
		got := resources.WithDefaults(corev1.ResourceRequirements{Requests: list(c.name, "4Mi")},
			corev1.ResourceRequirements{Limits: list(c.name, "8Mi")})
		limit := got.Limits[c.name]
		if limit.String() != c.wantedLimits {
			t.Errorf("%s: got limit %s, want %s", c.name, limit.String(), c.wantedLimits)
		}
	}
	_, err := resources.Override(corev1.ResourceRequirements{Limits: list("rdma/hca", "1")},
		corev1.ResourceRequirements{Requests: list("rdma/hca", "2")})
	want := `requests["rdma/hca"]: request 2 of the override is above limit 1 as declared: override both`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestCombineClaims(t *testing.T) {
	ours := corev1.ResourceRequirements{Claims: []corev1.ResourceClaim{{Name: "a"}}}
	theirs := corev1.ResourceRequirements{Claims: []corev1.ResourceClaim{{Name: "b"}}}
	none := corev1.ResourceRequirements{}
	for _, c := range []struct{ first, second, override, defaults string }{
		{"ours", "theirs", "b", "a"}, {"ours", "none", "a", "a"}, {"none", "theirs", "b", "b"},
	} {
		all := map[string]corev1.ResourceRequirements{"ours": ours, "theirs": theirs, "none": none}
		got, err := resources.Override(all[c.first], all[c.second])
		if err != nil || got.Claims[0].Name != c.override {
			t.Errorf("Override of %s by %s: %v, %v", c.first, c.second, got.Claims, err)
		}
		if got := resources.WithDefaults(all[c.first], all[c.second]); got.Claims[0].Name != c.defaults {
			t.Errorf("WithDefaults of %s by %s: %v", c.first, c.second, got.Claims)
		}
	}
}
