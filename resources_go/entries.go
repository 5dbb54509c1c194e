package resources

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// supportedNames are the names that an entry may have, in canonical order.
var supportedNames = [...]pb.Resources_ResourceName{
	pb.Resources_CPU, pb.Resources_MEMORY, pb.Resources_GPU, pb.Resources_EPHEMERAL_STORAGE,
}

// entry is the first entry of its name in a list.
type entry struct {
	present  bool
	valid    bool // the entry has no violation of its own; only then is it compared
	index    int  // in a message
	field    string
	text     string
	quantity resource.Quantity
}

// entryList is requests or limits.
type entryList struct {
	byName  [pb.Resources_EPHEMERAL_STORAGE + 1]entry
	skipped bool // the list has too many entries, so none was read
}

// toKubernetes returns nil for an empty list.
func (l *entryList) toKubernetes(s settings) corev1.ResourceList {
	var list corev1.ResourceList
	for _, name := range supportedNames {
		if e := &l.byName[name]; e.present {
			if list == nil {
				list = make(corev1.ResourceList, len(supportedNames))
			}
			list[s.kubernetesName(name)] = e.quantity
		}
	}
	return list
}

// toProto returns the entries in canonical order.
func (l *entryList) toProto() []*pb.Resources_ResourceEntry {
	var list []*pb.Resources_ResourceEntry
	for _, name := range supportedNames {
		if e := &l.byName[name]; e.present {
			list = append(list, &pb.Resources_ResourceEntry{Name: name, Value: wireString(e.quantity)})
		}
	}
	return list
}

// addValue adds a violation about the value of an entry, unless reason is empty.
func (c *collector) addValue(name pb.Resources_ResourceName, e *entry, reason Reason) {
	switch value := quote(e.text); reason {
	case ReasonInvalidQuantity:
		if len(e.text) > maxQuantityBytes {
			c.add(e.field, reason, "%s is longer than %d bytes: %s", value, maxQuantityBytes, noSuggestion)
		} else {
			c.add(e.field, reason, "%s is not a quantity: %s", value, suggest(e.text))
		}
	case ReasonOutOfRange:
		if name == pb.Resources_GPU {
			c.add(e.field, reason, "%s is out of range: write at most %d", value, int64(maxGPUs))
		} else {
			c.add(e.field, reason, "%s is out of range: write at most %d (just under 8Ei)", value, int64(maxValue))
		}
	case ReasonNegative:
		c.add(e.field, reason, "%s is negative: write 0 or more", value)
	case ReasonNotWhole:
		c.add(e.field, reason, "%s is not a whole number of GPUs: write a whole number, such as 1", value)
	}
}

// compare adds the violations that concern both lists.
func (c *collector) compare(requests, limits *entryList) {
	for _, name := range supportedNames {
		request, limit := &requests.byName[name], &limits.byName[name]
		if !request.valid {
			continue
		}
		if name == pb.Resources_GPU && !limit.present && !limits.skipped {
			c.add(request.field, ReasonLimitRequired, "a GPU request needs a limit: add GPU %s to limits",
				canonicalString(request.quantity))
		}
		if !limit.valid {
			continue
		}
		rounded := ceilToMilli(request.quantity)
		order := rounded.Cmp(ceilToMilli(limit.quantity))
		if order > 0 {
			c.add(request.field, ReasonRequestAboveLimit, "%s is above the limit %s: request at most the limit",
				quote(request.text), quote(limit.text))
		}
		if order < 0 && name == pb.Resources_GPU {
			c.add(request.field, ReasonRequestNotEqualLimit,
				"%s is below the limit %s: a GPU request must equal its limit", quote(request.text), quote(limit.text))
		}
	}
}
