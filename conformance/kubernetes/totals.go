package main

import (
	"fmt"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	resourcehelper "k8s.io/component-helpers/resource"

	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/v1/helper/qos"
)

// total is what a pod needs in all, after defaulting. A quantity is its canonical string and its format.
type total struct {
	Error    string               `json:"error,omitempty"`
	Requests map[string][2]string `json:"requests"`
	Limits   map[string][2]string `json:"limits"`
	QOS      v1.PodQOSClass       `json:"qos"`
}

// totalOf returns the total of a Pod. It validates nothing.
func totalOf(text []byte) total {
	object, _, err := legacyscheme.Codecs.UniversalDecoder().Decode(text, nil, nil)
	if err != nil {
		return total{Error: err.Error()}
	}
	internal, ok := object.(*core.Pod)
	if !ok {
		return total{Error: fmt.Sprintf("%T is not a Pod", object)}
	}
	podutil.DefaultPodLevelResources(internal)
	pod := &v1.Pod{}
	if err := legacyscheme.Scheme.Convert(internal, pod, nil); err != nil {
		return total{Error: err.Error()}
	}
	// Quantities that defaulting copied share their digits, and adding overhead changes them. A stored pod has no such ties.
	options := resourcehelper.PodResourcesOptions{}
	return total{
		QOS:      qos.ComputePodQOS(pod),
		Requests: written(resourcehelper.PodRequests(pod.DeepCopy(), options)),
		Limits:   written(resourcehelper.PodLimits(pod.DeepCopy(), options)),
	}
}

func written(list v1.ResourceList) map[string][2]string {
	out := map[string][2]string{}
	for name, q := range list {
		format := q.Format
		if format == "" { // of a null, which is printed as DecimalSI
			format = resource.DecimalSI
		}
		number, suffix := q.CanonicalizeBytes(nil)
		out[string(name)] = [2]string{string(number) + string(suffix), string(format)}
	}
	return out
}
