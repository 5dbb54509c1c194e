package resources

import (
	"fmt"
	"maps"
	"math/big"
	"slices"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// namedEntry is the first entry of its name in a list of named quantities.
type namedEntry struct {
	valid    bool
	index    int
	quantity resource.Quantity
}

// namedList is named_requests or named_limits.
type namedList struct {
	first   map[string]namedEntry
	skipped bool
}

// ownPlaces are the resources of accelerators, which Resources counts: that of the class, and that of [GPUResource].
type ownPlaces struct{ own, gpu corev1.ResourceName }

// has reports whether a resource has a place in Resources.
func (o ownPlaces) has(name string) bool {
	switch corev1.ResourceName(name) {
	case corev1.ResourceCPU, corev1.ResourceMemory, corev1.ResourceEphemeralStorage:
		return true
	case "":
		return false
	case o.own, o.gpu:
		return true
	}
	return false
}

// readNamed reads one list.
func (c *collector) readNamed(field string, list []*pb.NamedQuantity, places ownPlaces) namedList {
	out := namedList{first: map[string]namedEntry{}}
	if len(list) > maxEntries {
		c.add(field, ReasonTooManyEntries, "%d entries: send at most %d", len(list), maxEntries)
		out.skipped = true
		return out
	}
	for i, item := range list {
		name, at := item.GetName(), fmt.Sprintf("%s[%d]", field, i)
		earlier, repeated := out.first[name]
		switch {
		case places.has(name):
			c.add(at+".name", ReasonDuplicateName, "%s has its own place: send it in resources", quote(name))
		case !isNamedResource(name):
			c.add(at+".name", ReasonUnsupportedName,
				"%s is not the name of a resource: write hugepages-<size> or <domain>/<name>", quote(name))
		case repeated:
			c.add(at+".name", ReasonDuplicateName, "%s is already at index %d: send it once", quote(name), earlier.index)
		default:
			quantity, reason := parseNamed(name, item.GetValue())
			out.first[name] = namedEntry{valid: reason == "", index: i, quantity: quantity}
			c.addNamedValue(at+".value", name, item.GetValue(), reason)
		}
	}
	return out
}

func (c *collector) addNamedValue(field, name, text string, reason Reason) {
	switch {
	case reason == ReasonNotWhole:
		c.add(field, reason, "%s is not a whole number of %s", quote(text), quote(name))
	case reason == ReasonOutOfRange && isExtendedResource(name):
		c.addValue(pb.Resources_GPU, &entry{field: field, text: text}, reason)
	default:
		c.addValue(pb.Resources_CPU, &entry{field: field, text: text}, reason)
	}
}

// compareNamed adds the violations that concern both lists, in the order of the requests.
func (c *collector) compareNamed(entries []*pb.NamedQuantity, requests, limits namedList) {
	done := map[string]bool{}
	for _, item := range entries {
		name := item.GetName()
		request, ok := requests.first[name]
		if !ok || !request.valid || done[name] {
			continue
		}
		done[name] = true
		limit, limited := limits.first[name]
		field := fmt.Sprintf("named_requests[%d].value", request.index)
		overcommits := !isExtendedResource(name) && !isHugePages(name)
		if !limited {
			if !limits.skipped && !overcommits {
				c.add(field, ReasonLimitRequired, "a request of %s needs a limit", quote(name))
			}
			continue
		}
		if !limit.valid {
			continue
		}
		switch rounded := ceilToMilli(request.quantity); rounded.Cmp(ceilToMilli(limit.quantity)) {
		case 1:
			c.add(field, ReasonRequestAboveLimit, "the request of %s is above its limit", quote(name))
		case -1:
			if !overcommits {
				c.add(field, ReasonRequestNotEqualLimit, "the request of %s must equal its limit", quote(name))
			}
		}
	}
}

// checkHugePages adds a violation if there are huge pages and neither CPU nor memory.
func (c *collector) checkHugePages(m *pb.ContainerResources, requests, limits *entryList, named ...namedList) {
	for _, list := range []*entryList{requests, limits} {
		if list.byName[pb.Resources_CPU].present || list.byName[pb.Resources_MEMORY].present {
			return
		}
	}
	for _, side := range []struct {
		field   string
		entries []*pb.NamedQuantity
		list    namedList
	}{{"named_limits", m.GetNamedLimits(), named[1]}, {"named_requests", m.GetNamedRequests(), named[0]}} {
		for i, item := range side.entries {
			if e := side.list.first[item.GetName()]; e.valid && isHugePages(item.GetName()) {
				c.add(fmt.Sprintf("%s[%d].name", side.field, i), ReasonCPUOrMemoryRequired,
					"huge pages need cpu or memory beside them: write one of the two")
				return
			}
		}
	}
}

func isHugePages(name string) bool {
	return strings.HasPrefix(name, corev1.ResourceHugePagesPrefix)
}

// isNamedResource reports whether a container can have a resource of this name beside those that Resources has.
func isNamedResource(name string) bool {
	if isHugePages(name) {
		return pageSize(name) != nil && len(validation.IsQualifiedName(name)) == 0
	}
	isKubernetesOwn := strings.Contains(name, "/") && strings.Contains(name, corev1.ResourceDefaultNamespacePrefix)
	return isKubernetesOwn && len(validation.IsQualifiedName(name)) == 0 || isExtendedResource(name)
}

// pageSize returns the bytes of a huge page, or nil if its name is not one.
func pageSize(name string) *big.Int {
	q, reason := parseAmount(pb.Resources_MEMORY, strings.TrimPrefix(name, corev1.ResourceHugePagesPrefix))
	if reason != "" || q.IsZero() {
		return nil
	}
	size, rest := new(big.Int).QuoRem(nanos(q), nanosPerUnit, new(big.Int))
	if rest.Sign() != 0 {
		return nil
	}
	return size
}

var nanosPerUnit = big.NewInt(1_000_000_000)

// nanos returns a quantity in billionths. It is in range.
func nanos(q resource.Quantity) *big.Int {
	d := q.AsDec()
	shift := big.NewInt(int64(9 - d.Scale()))
	out := new(big.Int).Set(d.UnscaledBig())
	if shift.Sign() < 0 {
		return out.Quo(out, shift.Exp(big.NewInt(10), shift.Neg(shift), nil))
	}
	return out.Mul(out, shift.Exp(big.NewInt(10), shift, nil))
}

// parseNamed parses the value of an entry. The reason is empty if the value is valid.
func parseNamed(name, text string) (resource.Quantity, Reason) {
	q, reason := parseAmount(pb.Resources_CPU, text)
	if reason != "" {
		return q, reason
	}
	_, whole := q.AsScale(0)
	switch {
	case isExtendedResource(name):
		if rounded := q.DeepCopy(); roundUp(&rounded).CmpInt64(maxGPUs) > 0 {
			return q, ReasonOutOfRange
		}
		if !whole {
			return q, ReasonNotWhole
		}
	case isHugePages(name):
		page := pageSize(name)
		if new(big.Int).Rem(nanos(q), page.Mul(page, nanosPerUnit)).Sign() != 0 {
			return q, ReasonNotWhole
		}
	}
	return q, ""
}

// roundUp rounds q up to a whole number.
func roundUp(q *resource.Quantity) *resource.Quantity {
	q.RoundUp(0)
	return q
}

// named returns the named quantities.
func (c container) named() corev1.ResourceRequirements {
	return corev1.ResourceRequirements{Requests: toList(c.requests), Limits: toList(c.limits)}
}

func toList(entries map[string]namedEntry) corev1.ResourceList {
	var list corev1.ResourceList
	for name, e := range entries {
		set(&list, corev1.ResourceName(name), e.quantity)
	}
	return list
}

// toNamed returns the entries of a list, sorted by name.
func toNamed(list corev1.ResourceList) []*pb.NamedQuantity {
	var out []*pb.NamedQuantity
	for _, name := range slices.Sorted(maps.Keys(list)) {
		out = append(out, &pb.NamedQuantity{Name: string(name), Value: wireString(list[name])})
	}
	return out
}
