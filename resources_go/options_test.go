package resources_test

import (
	"bytes"
	"encoding/json"
	"os"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	resources "resourceidl.example/resources/resources_go"
)

// isExtendedResourceName is IsExtendedResourceName of k8s.io/kubernetes/pkg/apis/core/v1/helper, which is in a module that
// programs cannot require.
func isExtendedResourceName(name string) bool {
	if !strings.Contains(name, "/") || strings.Contains(name, "kubernetes.io/") || strings.HasPrefix(name, "requests.") {
		return false
	}
	return len(validation.IsQualifiedName("requests."+name)) == 0
}

func TestGPUResource(t *testing.T) {
	const path = "../conformance/vectors/gpu_resource_names.jsonl"
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[bool]int{}
	for line := range bytes.Lines(data) {
		var vector struct {
			Name  string `json:"name"`
			Valid bool   `json:"valid"`
		}
		if err := json.Unmarshal(line, &vector); err != nil {
			t.Fatal(err)
		}
		seen[vector.Valid]++
		if got := isExtendedResourceName(vector.Name); got != vector.Valid {
			t.Errorf("%q: the API server says %t, the vector %t", vector.Name, got, vector.Valid)
		}
		option := resources.GPUResource(corev1.ResourceName(vector.Name))
		if _, err := resources.FromProto(nil, option); (err == nil) != vector.Valid {
			t.Errorf("FromProto, %q: got %v, want valid %t", vector.Name, err, vector.Valid)
		}
		if _, err := resources.ToProto(corev1.ResourceRequirements{}, option); (err == nil) != vector.Valid {
			t.Errorf("ToProto, %q: got %v, want valid %t", vector.Name, err, vector.Valid)
		}
	}
	if seen[true] < 10 || seen[false] < 20 {
		t.Errorf("%s: too few vectors: %v", path, seen)
	}
}
