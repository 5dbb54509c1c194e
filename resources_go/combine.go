package resources

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Override returns r with every request and limit that override sets in place of its own; the rest stays. Nothing is
// adjusted: if a request is then above its limit, both rounded up to a thousandth, Override returns an *Error that names
// both and says where each came from. Claims are replaced as a whole. It modifies neither argument.
func Override(r, override corev1.ResourceRequirements) (corev1.ResourceRequirements, error) {
	out := *r.DeepCopy()
	out.Requests = replaced(out.Requests, override.Requests)
	out.Limits = replaced(out.Limits, override.Limits)
	if override.Claims != nil {
		out.Claims = slices.Clone(override.Claims)
	}
	var c collector
	for _, name := range slices.Sorted(maps.Keys(out.Requests)) {
		request := out.Requests[name]
		limit, limited := out.Limits[name]
		if limited && isAbove(request, limit) {
			c.add(path("requests", name), ReasonRequestAboveLimit, "request %s %s is above limit %s %s: override both",
				canonicalString(request), origin(override.Requests, name),
				canonicalString(limit), origin(override.Limits, name))
		}
	}
	if err := c.err(); err != nil {
		return corev1.ResourceRequirements{}, err
	}
	return out, nil
}

// WithDefaults returns r with what it does not set taken from defaults. A limit without a request becomes the request,
// as in Kubernetes, and not the default. For an extended resource, such as a GPU, the side that is set sets both. A
// default never contradicts r: a default limit below the request of r becomes that request. The same holds within the
// defaults of a resource that r does not mention. It modifies neither argument.
func WithDefaults(r, defaults corev1.ResourceRequirements) corev1.ResourceRequirements {
	out := *r.DeepCopy()
	for name := range named(r, defaults) {
		source := r
		if !declares(r, name) {
			source = defaults
		}
		request, requested := source.Requests[name]
		limit, limited := source.Limits[name]
		switch {
		case !requested:
			request = limit
		case limited:
		case isExtendedResource(string(name)):
			limit, limited = request, true
		default:
			if limit, limited = defaults.Limits[name]; limited && isAbove(request, limit) {
				limit = request
			}
		}
		set(&out.Requests, name, request)
		if limited {
			set(&out.Limits, name, limit)
		}
	}
	if out.Claims == nil {
		out.Claims = slices.Clone(defaults.Claims)
	}
	return out
}

// replaced returns list with the entries of other in place of its own.
func replaced(list, other corev1.ResourceList) corev1.ResourceList {
	for name, q := range other {
		set(&list, name, q)
	}
	return list
}

// set copies q into a list, which may be nil.
func set(list *corev1.ResourceList, name corev1.ResourceName, q resource.Quantity) {
	if *list == nil {
		*list = corev1.ResourceList{}
	}
	(*list)[name] = q.DeepCopy()
}

// named returns every name that one of the lists has.
func named(all ...corev1.ResourceRequirements) map[corev1.ResourceName]bool {
	names := map[corev1.ResourceName]bool{}
	for _, r := range all {
		for _, list := range []corev1.ResourceList{r.Requests, r.Limits} {
			for name := range list {
				names[name] = true
			}
		}
	}
	return names
}

func declares(r corev1.ResourceRequirements, name corev1.ResourceName) bool {
	_, requested := r.Requests[name]
	_, limited := r.Limits[name]
	return requested || limited
}

// isAbove compares as the API server does, after rounding up to a thousandth.
func isAbove(request, limit resource.Quantity) bool {
	rounded := ceilToMilli(request)
	return rounded.Cmp(ceilToMilli(limit)) > 0
}

func origin(override corev1.ResourceList, name corev1.ResourceName) string {
	if _, ok := override[name]; ok {
		return "of the override"
	}
	return "as declared"
}
