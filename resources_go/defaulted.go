package resources

import corev1 "k8s.io/api/core/v1"

// Defaulted returns what the API server's defaulting of a Pod makes of r: every quantity rounded up to a whole
// thousandth, and a missing request taken from its limit. A missing limit stays missing. Use it to know the outcome
// before the API server is involved, for example for quotas, bin packing or a preview. It does not modify r.
func Defaulted(r corev1.ResourceRequirements) corev1.ResourceRequirements {
	out := *r.DeepCopy()
	for _, list := range []corev1.ResourceList{out.Requests, out.Limits} {
		for name, q := range list {
			list[name] = ceilToMilli(q)
		}
	}
	for name, limit := range out.Limits {
		if _, ok := out.Requests[name]; ok {
			continue
		}
		if out.Requests == nil {
			out.Requests = make(corev1.ResourceList, len(out.Limits))
		}
		out.Requests[name] = limit.DeepCopy()
	}
	return out
}
