package resources

import (
	"cmp"
	"fmt"
	"slices"

	"google.golang.org/protobuf/proto"
	corev1 "k8s.io/api/core/v1"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// container is what was read of a message without violations.
type container struct {
	amounts          corev1.ResourceRequirements
	requests, limits map[string]namedEntry
	gpu              corev1.ResourceName
}

// readContainer validates a message. The comments of resourceidl/v1/container_resources.proto specify the order.
func readContainer(m *pb.ContainerResources, s settings) (out container, err error) {
	accelerator := m.GetExtendedResources().GetGpuAccelerator()
	own := resourceOf(accelerator)
	out.gpu = s.gpu
	if !s.gpuIsSet {
		out.gpu = cmp.Or(own, s.gpu)
	}
	c := collector{prefix: s.prefix}
	requests := c.readEntries("resources.requests", m.GetResources().GetRequests())
	limits := c.readEntries("resources.limits", m.GetResources().GetLimits())
	c.compare(&requests, &limits)
	c.readExtended("extended_resources", m.GetExtendedResources(), s)
	places := ownPlaces{own: own}
	if s.gpuIsSet {
		places.gpu = s.gpu
	}
	namedRequests := c.readNamed("named_requests", m.GetNamedRequests(), places)
	namedLimits := c.readNamed("named_limits", m.GetNamedLimits(), places)
	c.compareNamed(m.GetNamedRequests(), namedRequests, namedLimits)
	c.readClaims("claims", m.GetClaims())
	if !requests.skipped && !limits.skipped {
		if accelerator != nil && !hasCount(requests) && !hasCount(limits) {
			c.add("extended_resources.gpu_accelerator", ReasonCountRequired,
				"an accelerator needs a count: add GPU to resources")
		}
		c.checkHugePages(m, &requests, &limits, namedRequests, namedLimits)
	}
	if err := c.err(); err != nil {
		return container{}, err
	}
	s.gpu = out.gpu
	out.amounts = corev1.ResourceRequirements{Requests: requests.toKubernetes(s), Limits: limits.toKubernetes(s)}
	out.requests, out.limits = namedRequests.first, namedLimits.first
	return out, nil
}

// hasCount reports whether a list has a GPU entry that is not a valid zero.
func hasCount(list entryList) bool {
	e := list.byName[pb.Resources_GPU]
	return e.present && !(e.valid && e.quantity.IsZero())
}

// readClaims adds the violations of claims.
func (c *collector) readClaims(field string, claims []*pb.ResourceClaim) {
	if len(claims) > maxEntries {
		c.add(field, ReasonTooManyEntries, "%d claims: send at most %d", len(claims), maxEntries)
		return
	}
	seen := map[string][]string{}
	for i, claim := range claims {
		at := fmt.Sprintf("%s[%d]", field, i)
		name, request := claim.GetName(), claim.GetRequest()
		before := len(c.violations)
		c.checkDNSLabel(at+".name", name)
		if request != "" && len(c.violations) == before {
			c.checkDNSLabel(at+".request", request)
		}
		if len(c.violations) > before {
			continue
		}
		used := seen[name]
		if len(used) > 0 && (request == "" || slices.Contains(used, "") || slices.Contains(used, request)) {
			c.add(at+".name", ReasonDuplicateName, "claim %s is used above: send it once, or with other requests", quote(name))
			continue
		}
		seen[name] = append(used, request)
	}
}

// ResolveContainer returns what the API server's defaulting of a Pod makes of m: see [Defaulted]. The accelerator, shared
// memory and claims are as they were sent. If m is invalid, it returns an [*Error] with all violations.
func ResolveContainer(m *pb.ContainerResources, options ...Option) (*pb.ContainerResources, error) {
	s, err := newSettings(options)
	if err != nil {
		return nil, err
	}
	read, err := readContainer(m, s)
	if err != nil {
		return nil, err
	}
	amounts, err := ToProto(Defaulted(read.amounts), GPUResource(read.gpu))
	if err != nil {
		return nil, err
	}
	out := &pb.ContainerResources{Claims: claimsOf(m)}
	if len(amounts.GetRequests()) > 0 {
		out.Resources = amounts
	}
	if extended := extendedOf(m.GetExtendedResources()); proto.Size(extended) > 0 {
		out.ExtendedResources = extended
	}
	named := Defaulted(read.named())
	out.NamedRequests, out.NamedLimits = toNamed(named.Requests), toNamed(named.Limits)
	return out, nil
}

// extendedOf copies a message without unknown fields.
func extendedOf(m *pb.ExtendedResources) *pb.ExtendedResources {
	out := &pb.ExtendedResources{}
	if a := m.GetGpuAccelerator(); a != nil {
		out.GpuAccelerator = &pb.GPUAccelerator{
			Device: a.GetDevice(), PartitionSizeValue: a.GetPartitionSizeValue(),
			DeviceClass: a.GetDeviceClass(), AcceleratorModel: a.GetAcceleratorModel(),
		}
	}
	if s := m.GetSharedMemory(); s != nil {
		out.SharedMemory = &pb.SharedMemory{
			MountPath: s.GetMountPath(), MountName: s.GetMountName(), SizeLimit: s.GetSizeLimit(),
		}
	}
	return out
}

func claimsOf(m *pb.ContainerResources) []*pb.ResourceClaim {
	var out []*pb.ResourceClaim
	for _, claim := range m.GetClaims() {
		out = append(out, &pb.ResourceClaim{Name: claim.GetName(), Request: claim.GetRequest()})
	}
	return out
}
