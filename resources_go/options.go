package resources

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/validation"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// Option configures FromProto, ToProto and ErrorFromStatus, and the functions for containers. A nil Option changes nothing.
type Option func(*settings)

type settings struct {
	prefix         string
	gpu            corev1.ResourceName
	gpuIsSet       bool
	labels         NodeLabels
	claimTemplates map[string]string
	declared       *corev1.ResourceRequirements
}

// FieldPrefix puts prefix in front of the Field of every violation. Pass "resources." if the request holds the message
// in a field of that name, or a longer path, such as "containers[2].resources.". ErrorFromStatus removes it. The default
// is "".
func FieldPrefix(prefix string) Option {
	return func(s *settings) { s.prefix = prefix }
}

// GPUResource sets the extended resource that GPU entries count. The default is "nvidia.com/gpu". FromProto and ToProto
// return an error if the API server would not accept name as an extended resource.
func GPUResource(name corev1.ResourceName) Option {
	return func(s *settings) { s.gpu, s.gpuIsSet = name, true }
}

// Declared makes ErrorFromStatus name the places of r, which the message was made from with ToProto:
// requests["nvidia.com/gpu"] instead of requests[2].value.
func Declared(r corev1.ResourceRequirements) Option {
	return func(s *settings) { s.declared = &r }
}

func newSettings(options []Option) (settings, error) {
	s := settings{gpu: "nvidia.com/gpu", labels: EKS}
	for _, option := range options {
		if option != nil {
			option(&s)
		}
	}
	if !isExtendedResource(string(s.gpu)) {
		return s, fmt.Errorf("resources: GPUResource(%q): not an extended resource name, such as nvidia.com/gpu", s.gpu)
	}
	return s, nil
}

// isExtendedResource reports whether the API server takes name for an extended resource: see IsExtendedResourceName in
// k8s.io/kubernetes/pkg/apis/core/v1/helper.
func isExtendedResource(name string) bool {
	return strings.Contains(name, "/") &&
		!strings.Contains(name, corev1.ResourceDefaultNamespacePrefix) &&
		!strings.HasPrefix(name, corev1.DefaultResourceRequestsPrefix) &&
		len(validation.IsQualifiedName(name)) == 0 &&
		len(validation.IsQualifiedName(corev1.DefaultResourceRequestsPrefix+name)) == 0 // its name in a ResourceQuota
}

// kubernetesName returns what Kubernetes calls the resource of an entry.
func (s settings) kubernetesName(name pb.Resources_ResourceName) corev1.ResourceName {
	switch name {
	case pb.Resources_CPU:
		return corev1.ResourceCPU
	case pb.Resources_MEMORY:
		return corev1.ResourceMemory
	case pb.Resources_GPU:
		return s.gpu
	default:
		return corev1.ResourceEphemeralStorage
	}
}
