package resources

import (
	"slices"
	"strconv"

	inf "gopkg.in/inf.v0"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// ToProto returns the message that declares r. Entries are in canonical order, and each value is the string that every
// writer sends for that amount. ToProto neither rounds quantities to a thousandth nor fills in requests: see
// [Defaulted].
//
// The message can carry only CPU, memory, ephemeral storage and one GPU resource. Anything else, claims included, is
// reported as [ReasonUnknownKey] rather than silently dropped. Values that FromProto rejects are rejected for the same
// reasons.
func ToProto(r corev1.ResourceRequirements, options ...Option) (*pb.Resources, error) {
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	c := collector{prefix: s.prefix}
	requests := c.readList("requests", r.Requests, s)
	limits := c.readList("limits", r.Limits, s)
	if len(r.Claims) > 0 {
		c.add("claims", ReasonUnknownKey, "the message cannot carry resource claims: remove them")
	}
	c.compare(&requests, &limits)
	if err := c.err(); err != nil {
		return nil, err
	}
	return &pb.Resources{Requests: requests.toProto(), Limits: limits.toProto()}, nil
}

// readList reads one side of Kubernetes' requirements: first the supported resources, then the others by name.
func (c *collector) readList(side string, list corev1.ResourceList, s settings) (out entryList) {
	others := make(map[corev1.ResourceName]bool, len(list))
	for key := range list {
		others[key] = true
	}
	for _, name := range supportedNames {
		key := s.kubernetesName(name)
		if q, ok := list[key]; ok {
			delete(others, key)
			out.byName[name] = c.readQuantity(name, path(side, key), q)
		}
	}
	unknown := make([]corev1.ResourceName, 0, len(others))
	for key := range others {
		unknown = append(unknown, key)
	}
	slices.Sort(unknown)
	for _, key := range unknown {
		c.add(path(side, key), ReasonUnknownKey, "the message cannot carry %s: write cpu, memory, %s or %s",
			quote(string(key)), s.gpu, corev1.ResourceEphemeralStorage)
	}
	return out
}

// readQuantity reads one quantity that a program made, which may hold values that no text gives.
func (c *collector) readQuantity(name pb.Resources_ResourceName, field string, q resource.Quantity) entry {
	e := entry{present: true, field: field}
	q = q.DeepCopy()
	if q.IsZero() {
		q = resource.Quantity{Format: q.Format} // drop its exponent
	}
	if isEnormous(q) {
		e.text = "a value with this exponent"
		c.addValue(name, &e, ReasonOutOfRange)
		return e
	}
	if isTiny(q) {
		q = *resource.NewDecimalQuantity(*inf.NewDec(int64(q.Sign()), inf.Scale(-resource.Nano)), q.Format)
	}
	q.RoundUp(resource.Nano) // as a reader of the message would
	reason := checkAmount(name, q)
	e.valid, e.text, e.quantity = reason == "", canonicalString(q), q
	c.addValue(name, &e, reason)
	return e
}

// path returns the location of one key of a list.
func path(side string, key corev1.ResourceName) string {
	return side + "[" + strconv.Quote(string(key)) + "]"
}
