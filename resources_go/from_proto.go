package resources

import (
	"fmt"
	"slices"

	corev1 "k8s.io/api/core/v1"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// maxEntries bounds one list of a message.
const maxEntries = 16

// FromProto returns the requirements that m declares. Each quantity keeps its value and format and gets its canonical
// string, so that a Pod built from it prints the same in every language. For a nil or empty message, the requirements
// are empty. [Defaulted] returns what the API server makes of them.
//
// If m is invalid, FromProto returns an [*Error] with all violations. This includes what only Kubernetes rejects, such
// as a GPU request without an equal limit.
func FromProto(m *pb.Resources, options ...Option) (corev1.ResourceRequirements, error) {
	s, err := newSettings(options)
	if err != nil {
		return corev1.ResourceRequirements{}, err
	}
	c := collector{prefix: s.prefix}
	requests := c.readEntries("requests", m.GetRequests())
	limits := c.readEntries("limits", m.GetLimits())
	c.compare(&requests, &limits)
	if err := c.err(); err != nil {
		return corev1.ResourceRequirements{}, err
	}
	return corev1.ResourceRequirements{Requests: requests.toKubernetes(s), Limits: limits.toKubernetes(s)}, nil
}

// readEntries reads one list of a message.
func (c *collector) readEntries(side string, list []*pb.Resources_ResourceEntry) (out entryList) {
	if len(list) > maxEntries {
		c.add(side, ReasonTooManyEntries, "%d entries: send at most %d, one for each resource", len(list), maxEntries)
		out.skipped = true
		return out
	}
	for i, item := range list {
		name, text := item.GetName(), item.GetValue()
		path := fmt.Sprintf("%s[%d]", side, i)
		if !slices.Contains(supportedNames[:], name) {
			c.add(path+".name", ReasonUnsupportedName,
				"%s is not supported: write CPU, MEMORY, GPU or EPHEMERAL_STORAGE", name)
			continue
		}
		e := &out.byName[name]
		if e.present {
			c.add(path+".name", ReasonDuplicateName, "%s is already in %s[%d]: write it once", name, side, e.index)
			continue
		}
		quantity, reason := parseAmount(name, text)
		*e = entry{present: true, valid: reason == "", index: i, field: path + ".value", text: text, quantity: quantity}
		c.addValue(name, e, reason)
	}
	return out
}
