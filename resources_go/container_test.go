package resources_test

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"testing"

	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	"k8s.io/apimachinery/pkg/api/resource"

	servicepb "resourceidl.example/resources/generated/go/resourceidl/service/v1"
	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

type containerVector struct {
	Tag        string
	Hex        string
	Answer     *string
	Violations []struct{ Field, Reason string }
	Kubernetes *struct {
		Container corev1.Container
		Pod       corev1.PodSpec
	}
}

func containerVectors(t *testing.T) []containerVector {
	t.Helper()
	data, err := os.ReadFile("../conformance/vectors/container.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	var out []containerVector
	for line := range bytes.Lines(data) {
		var v containerVector
		if err := json.Unmarshal(line, &v); err != nil {
			t.Fatal(err)
		}
		out = append(out, v)
	}
	if len(out) < 40 {
		t.Fatalf("only %d vectors", len(out))
	}
	return out
}

func (v containerVector) message(t *testing.T) *pb.ContainerResources {
	t.Helper()
	data, err := hex.DecodeString(v.Hex)
	if err != nil {
		t.Fatal(err)
	}
	var in servicepb.ResolveContainerRequest
	if err := proto.Unmarshal(data, &in); err != nil {
		t.Fatal(err)
	}
	return in.GetContainerResources()
}

func TestContainerVectors(t *testing.T) {
	for _, v := range containerVectors(t) {
		m := v.message(t)
		resolved, err := resources.ResolveContainer(m, resources.FieldPrefix("container_resources."))
		if v.Answer == nil {
			var want []string
			for _, w := range v.Violations {
				want = append(want, w.Field+" "+w.Reason)
			}
			t.Run(v.Tag, func(t *testing.T) { equal(t, violations(t, err), want) })
			if _, err := resources.FromContainerProto(m); err == nil {
				t.Errorf("%s: FromContainerProto accepts it", v.Tag)
			}
			continue
		}
		var want servicepb.ResolveContainerResponse
		if data, err := hex.DecodeString(*v.Answer); err != nil || proto.Unmarshal(data, &want) != nil {
			t.Fatal(v.Tag, err)
		}
		if err != nil || !proto.Equal(resolved, want.GetContainerResources()) {
			t.Errorf("%s: got %v, %v, want %s", v.Tag, resolved, err, *v.Answer)
		}
		parts, err := resources.FromContainerProto(m)
		if err != nil {
			t.Errorf("%s: %v", v.Tag, err)
		}
		if v.Kubernetes == nil {
			continue
		}
		if !apiequality.Semantic.DeepEqual(parts.Container, v.Kubernetes.Container) ||
			!apiequality.Semantic.DeepEqual(parts.Pod, v.Kubernetes.Pod) {
			got, _ := json.Marshal(parts)
			t.Errorf("%s: got %s", v.Tag, got)
		}
		once, err := parts.AddTo(&corev1.PodSpec{Containers: []corev1.Container{{Name: "main"}}}, "main")
		if err != nil {
			t.Fatal(err)
		}
		if twice, err := parts.AddTo(once, "main"); err != nil || !apiequality.Semantic.DeepEqual(once, twice) {
			t.Errorf("%s: added twice: %v, %v", v.Tag, twice, err)
		}
	}
}

func accelerated(accelerator *pb.GPUAccelerator) *pb.ContainerResources {
	one := entries(entry(gpu, "1"))
	return &pb.ContainerResources{
		Resources:         message(one, one),
		ExtendedResources: &pb.ExtendedResources{GpuAccelerator: accelerator},
	}
}

func TestContainerOptions(t *testing.T) {
	m := accelerated(&pb.GPUAccelerator{Device: "apple-silicon"})
	_, err := resources.FromContainerProto(m)
	equal(t, violations(t, err), []string{"extended_resources.gpu_accelerator.device_class UNSUPPORTED_NAME"})
	m.Claims = []*pb.ResourceClaim{{Name: "a"}}
	parts, err := resources.FromContainerProto(m, resources.GPUResource("a/gpu"), resources.Labels(resources.GKE),
		resources.ClaimTemplates(map[string]string{"a": "template"}))
	if err != nil {
		t.Fatal(err)
	}
	if q := parts.Container.Resources.Limits["a/gpu"]; q.Value() != 1 {
		t.Errorf("limits: %v", parts.Container.Resources.Limits)
	}
	if got := parts.Pod.NodeSelector["cloud.google.com/gke-accelerator"]; got != "apple-silicon" {
		t.Errorf("selector: %v", parts.Pod.NodeSelector)
	}
	if got := parts.Pod.ResourceClaims[0].ResourceClaimTemplateName; got == nil || *got != "template" {
		t.Errorf("claims: %v", parts.Pod.ResourceClaims)
	}
	m.NamedLimits = []*pb.NamedQuantity{{Name: "a/gpu", Value: "1"}}
	_, err = resources.FromContainerProto(m, resources.GPUResource("a/gpu"))
	equal(t, violations(t, err), []string{"named_limits[0].name DUPLICATE_NAME"})
	if _, err := resources.ResolveContainer(m, resources.GPUResource("x")); err == nil {
		t.Error("a GPU resource that is not a name is accepted")
	}
}

func TestAddToOverwritesNothing(t *testing.T) {
	m := accelerated(&pb.GPUAccelerator{
		Device: "x", PartitionSizeValue: &pb.GPUAccelerator_Unpartitioned{Unpartitioned: true},
	})
	m.ExtendedResources.SharedMemory = &pb.SharedMemory{MountPath: "/dev/shm", MountName: "shm"}
	parts, err := resources.FromContainerProto(m)
	if err != nil {
		t.Fatal(err)
	}
	exists := corev1.NodeSelectorRequirement{Key: "x", Operator: corev1.NodeSelectorOpExists}
	spec := &corev1.PodSpec{
		NodeSelector: map[string]string{"zone": "a"},
		Affinity: &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{NodeSelectorTerms: []corev1.NodeSelectorTerm{
				{MatchExpressions: []corev1.NodeSelectorRequirement{exists}},
			}},
		}},
		InitContainers: []corev1.Container{{Name: "main"}},
	}
	before := spec.DeepCopy()
	out, err := parts.AddTo(spec, "main")
	if err != nil {
		t.Fatal(err)
	}
	if !apiequality.Semantic.DeepEqual(before, spec) {
		t.Error("the argument was modified")
	}
	terms := out.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution.NodeSelectorTerms
	if len(terms) != 1 || len(terms[0].MatchExpressions) != 2 || out.NodeSelector["zone"] != "a" {
		t.Errorf("got %v, %v", terms, out.NodeSelector)
	}
	spec = &corev1.PodSpec{
		NodeSelector: map[string]string{"k8s.amazonaws.com/accelerator": "y"},
		Volumes:      []corev1.Volume{{Name: "shm"}},
		Containers: []corev1.Container{{
			Name:         "main",
			Resources:    corev1.ResourceRequirements{Limits: corev1.ResourceList{"nvidia.com/gpu": resource.MustParse("2")}},
			VolumeMounts: []corev1.VolumeMount{{Name: "other", MountPath: "/dev/shm"}},
		}},
	}
	_, err = parts.AddTo(spec, "main")
	equal(t, violations(t, err), []string{
		`resources.limits["nvidia.com/gpu"] DUPLICATE_NAME`,
		`volumeMounts["/dev/shm"] DUPLICATE_NAME`,
		`volumes["shm"] DUPLICATE_NAME`,
		`nodeSelector["k8s.amazonaws.com/accelerator"] DUPLICATE_NAME`,
	})
	_, err = parts.AddTo(spec, "other")
	equal(t, violations(t, err), []string{"containers UNKNOWN_KEY"})
}
