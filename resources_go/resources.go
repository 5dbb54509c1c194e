package resources

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	"k8s.io/apimachinery/pkg/util/validation"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// maxEntries bounds one list of a message.
const maxEntries = 16

// order is the canonical order of the names: the only ones that an entry may have.
var order = [...]pb.Resources_ResourceName{
	pb.Resources_CPU, pb.Resources_MEMORY, pb.Resources_GPU, pb.Resources_EPHEMERAL_STORAGE,
}

// Option changes what FromProto and ToProto do.
type Option func(*settings)

type settings struct {
	prefix string
	gpu    corev1.ResourceName
}

// FieldPrefix stands in front of the Field of every violation: "resources." for a request that holds the message in a
// field of that name. The default is "".
func FieldPrefix(prefix string) Option {
	return func(s *settings) { s.prefix = prefix }
}

// GPUResource is the extended resource that GPU entries count. The default is "nvidia.com/gpu".
func GPUResource(name corev1.ResourceName) Option {
	return func(s *settings) { s.gpu = name }
}

func apply(options []Option) (settings, error) {
	s := settings{gpu: "nvidia.com/gpu"}
	for _, option := range options {
		option(&s)
	}
	if !strings.Contains(string(s.gpu), "/") || len(validation.IsQualifiedName(string(s.gpu))) > 0 {
		return s, fmt.Errorf("resources: GPUResource(%q): an extended resource is named like nvidia.com/gpu", s.gpu)
	}
	return s, nil
}

// kubernetes gives Kubernetes' name of a resource.
func (s settings) kubernetes(name pb.Resources_ResourceName) corev1.ResourceName {
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

// entry is the first of its name in a list.
type entry struct {
	present  bool
	index    int  // in the message
	sound    bool // has no violation of its own: only then may it be compared
	field    string
	text     string
	quantity resource.Quantity
}

// side is one of the two lists.
type side struct {
	entries [pb.Resources_EPHEMERAL_STORAGE + 1]entry
	skipped bool // too many entries: none was looked at
}

// FromProto gives the requirements that m declares: each quantity with the value and the format that it came with, in
// its canonical spelling, so that a Pod built from it prints the same in every language. Nil and empty messages give
// empty requirements. See [Defaulted] for what the API server makes of them.
//
// Where something is wrong, everything that is comes back as one [*Error]. What Kubernetes refuses is wrong here: a GPU
// request without a limit, or not equal to it, too.
func FromProto(m *pb.Resources, options ...Option) (corev1.ResourceRequirements, error) {
	s, err := apply(options)
	if err != nil {
		return corev1.ResourceRequirements{}, err
	}
	p := problems{prefix: s.prefix}
	requests := p.readMessage("requests", m.GetRequests())
	limits := p.readMessage("limits", m.GetLimits())
	p.compare(&requests, &limits)
	if err := p.err(); err != nil {
		return corev1.ResourceRequirements{}, err
	}
	return corev1.ResourceRequirements{Requests: requests.list(s), Limits: limits.list(s)}, nil
}

// readMessage reads one list of a message.
func (p *problems) readMessage(label string, list []*pb.Resources_ResourceEntry) (out side) {
	if len(list) > maxEntries {
		p.add(label, "TOO_MANY_ENTRIES", "%d entries: write at most %d, one for each resource", len(list), maxEntries)
		out.skipped = true
		return out
	}
	for i, item := range list {
		name, text := item.GetName(), item.GetValue()
		if !slices.Contains(order[:], name) {
			p.add(fmt.Sprintf("%s[%d].name", label, i), "UNSUPPORTED_NAME",
				"%s is not supported: write CPU, MEMORY, GPU or EPHEMERAL_STORAGE", name)
			continue
		}
		e := &out.entries[name]
		if e.present {
			p.add(fmt.Sprintf("%s[%d].name", label, i), "DUPLICATE_NAME",
				"%s stands in %s[%d] already: write it once", name, label, e.index)
			continue
		}
		q, reason := parse(name, text)
		*e = entry{present: true, index: i, sound: reason == "", text: text, quantity: q}
		e.field = label + "[" + strconv.Itoa(i) + "].value"
		p.addValue(e, reason)
	}
	return out
}

// addValue notes what is wrong with the value of one entry, if anything is.
func (p *problems) addValue(e *entry, reason string) {
	switch value := quoted(e.text); reason {
	case "":
	case "INVALID_QUANTITY":
		if len(e.text) > maxText {
			p.add(e.field, reason, "%s has more than %d bytes: %s", value, maxText, advice(e.text))
		} else {
			p.add(e.field, reason, "%s is not a quantity: %s", value, advice(e.text))
		}
	case "OUT_OF_RANGE":
		p.add(e.field, reason, "%s is out of range: write at most 9223372036854775807 (just under 8Ei)", value)
	case "NEGATIVE":
		p.add(e.field, reason, "%s is negative: write 0 or more", value)
	case "NOT_WHOLE":
		p.add(e.field, reason, "%s GPUs: write a whole number, such as 1", value)
	}
}

// compare looks at the two lists together.
func (p *problems) compare(requests, limits *side) {
	for _, name := range order {
		request, limit := &requests.entries[name], &limits.entries[name]
		if !request.sound {
			continue
		}
		if name == pb.Resources_GPU && !limit.present && !limits.skipped {
			p.add(request.field, "LIMIT_REQUIRED", "a GPU request needs a limit: write GPU %s in limits as well",
				canonical(request.quantity))
		}
		if !limit.sound {
			continue
		}
		amount := roundedUp(request.quantity)
		switch amount.Cmp(roundedUp(limit.quantity)) {
		case 1:
			p.add(request.field, "REQUEST_ABOVE_LIMIT", "%s is above the limit, %s: write at most the limit",
				quoted(request.text), quoted(limit.text))
		case -1:
			if name == pb.Resources_GPU {
				p.add(request.field, "REQUEST_NOT_EQUAL_LIMIT", "%s is below the limit, %s: for GPUs, write the limit",
					quoted(request.text), quoted(limit.text))
			}
		}
	}
}

// list gives one side as Kubernetes has it; nil if it is empty.
func (l *side) list(s settings) corev1.ResourceList {
	var out corev1.ResourceList
	for _, name := range order {
		if e := &l.entries[name]; e.present {
			if out == nil {
				out = make(corev1.ResourceList, len(order))
			}
			out[s.kubernetes(name)] = e.quantity
		}
	}
	return out
}

// ToProto gives the message that declares r: entries in canonical order, each value the string that every writer of
// the same amount sends. Quantities are not rounded to a thousandth, and no request is filled in: see [Defaulted].
//
// The message has no place for anything but CPU, memory, ephemeral storage and the one GPU resource: any other name,
// and claims, are UNKNOWN_KEY, never dropped. Values that FromProto would refuse are refused, with the same reasons.
func ToProto(r corev1.ResourceRequirements, options ...Option) (*pb.Resources, error) {
	s, err := apply(options)
	if err != nil {
		return nil, err
	}
	p := problems{prefix: s.prefix}
	requests := p.readList("requests", r.Requests, s)
	limits := p.readList("limits", r.Limits, s)
	if len(r.Claims) > 0 {
		p.add("claims", "UNKNOWN_KEY", "the message has no place for resource claims: remove them")
	}
	p.compare(&requests, &limits)
	if err := p.err(); err != nil {
		return nil, err
	}
	return &pb.Resources{Requests: requests.message(), Limits: limits.message()}, nil
}

// readList reads one side of Kubernetes' requirements: the names known here, then the others by name.
func (p *problems) readList(label string, list corev1.ResourceList, s settings) (out side) {
	known := 0
	for _, name := range order {
		key := s.kubernetes(name)
		q, ok := list[key]
		if !ok {
			continue
		}
		known++
		e := &out.entries[name]
		*e = entry{present: true, field: place(label, key)}
		q = q.DeepCopy()
		if q.IsZero() {
			q = resource.Quantity{Format: q.Format} // whatever its exponent
		}
		if enormous(q) {
			e.text = "a quantity with this exponent"
			p.addValue(e, "OUT_OF_RANGE")
			continue
		}
		q.RoundUp(resource.Nano) // what a reader would do
		e.quantity = q
		reason := judge(name, q)
		e.sound = reason == ""
		e.text = canonical(q)
		p.addValue(e, reason)
	}
	if known == len(list) {
		return out
	}
	var others []corev1.ResourceName
	for key := range list {
		if !slices.ContainsFunc(order[:], func(n pb.Resources_ResourceName) bool { return s.kubernetes(n) == key }) {
			others = append(others, key)
		}
	}
	slices.Sort(others)
	for _, key := range others {
		p.add(place(label, key), "UNKNOWN_KEY", "the message has no place for %s: write cpu, memory, %s or %s",
			quoted(string(key)), s.gpu, corev1.ResourceEphemeralStorage)
	}
	return out
}

// place names one key of a list.
func place(label string, key corev1.ResourceName) string {
	return label + "[" + strconv.Quote(string(key)) + "]"
}

// message gives one side as the wire has it.
func (l *side) message() []*pb.Resources_ResourceEntry {
	var out []*pb.Resources_ResourceEntry
	for _, name := range order {
		if e := &l.entries[name]; e.present {
			out = append(out, &pb.Resources_ResourceEntry{Name: name, Value: wire(e.quantity)})
		}
	}
	return out
}

// Defaulted gives what the API server's defaulting of a Pod makes of r, for whoever must know before the API server is
// asked (quotas, bin packing, a preview): every quantity rounded up to a whole thousandth, and a missing request taken
// from its limit. A missing limit stays missing. r itself is left as it is.
func Defaulted(r corev1.ResourceRequirements) corev1.ResourceRequirements {
	out := *r.DeepCopy()
	for _, list := range []corev1.ResourceList{out.Requests, out.Limits} {
		for name, q := range list {
			list[name] = roundedUp(q)
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
