package resources

import (
	"maps"
	"slices"

	corev1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// NodeLabels are the labels by which the nodes of a cluster tell their accelerators.
type NodeLabels struct {
	// Accelerator and PartitionSize are those of the device of a node, and of the size of its partitions.
	Accelerator, PartitionSize string
	// TPUAccelerator and TPUTopology are those of nodes with TPUs.
	TPUAccelerator, TPUTopology string
}

// EKS are the labels of Amazon's EKS, which are also the defaults of Flyte's backend, with GKE's for TPUs.
var EKS = NodeLabels{
	Accelerator: "k8s.amazonaws.com/accelerator", PartitionSize: "k8s.amazonaws.com/gpu-partition-size",
	TPUAccelerator: "cloud.google.com/gke-tpu-accelerator", TPUTopology: "cloud.google.com/gke-tpu-topology",
}

// GKE are the labels of Google's GKE.
var GKE = NodeLabels{
	Accelerator: "cloud.google.com/gke-accelerator", PartitionSize: "cloud.google.com/gke-gpu-partition-size",
	TPUAccelerator: "cloud.google.com/gke-tpu-accelerator", TPUTopology: "cloud.google.com/gke-tpu-topology",
}

func (l NodeLabels) of(class pb.GPUAccelerator_DeviceClass) (device, partition string) {
	if class == pb.GPUAccelerator_GOOGLE_TPU {
		return l.TPUAccelerator, l.TPUTopology
	}
	return l.Accelerator, l.PartitionSize
}

// Labels sets the labels of the cluster's nodes. The default is [EKS].
func Labels(labels NodeLabels) Option {
	return func(s *settings) { s.labels = labels }
}

// ClaimTemplates sets the ResourceClaimTemplate of each claim that is made from one. The others are the ResourceClaims
// of the same names.
func ClaimTemplates(templates map[string]string) Option {
	return func(s *settings) { s.claimTemplates = templates }
}

// Parts are what a message adds to a container, and what it adds to the container's Pod. They hold only what is needed.
type Parts struct {
	// Container has Resources and VolumeMounts.
	Container corev1.Container
	// Pod has Volumes, NodeSelector, Affinity, Tolerations and ResourceClaims.
	Pod corev1.PodSpec
}

// FromContainerProto returns what m adds to a container and its Pod. If m is invalid, it returns an [*Error] with all
// violations, like [FromProto].
func FromContainerProto(m *pb.ContainerResources, options ...Option) (Parts, error) {
	s, err := newSettings(options)
	if err != nil {
		return Parts{}, err
	}
	read, err := readContainer(m, s)
	if err != nil {
		return Parts{}, err
	}
	var out Parts
	out.Container.Resources = read.amounts
	named := read.named()
	for name, q := range named.Requests {
		set(&out.Container.Resources.Requests, name, q)
	}
	for name, q := range named.Limits {
		set(&out.Container.Resources.Limits, name, q)
	}
	out.addClaims(m.GetClaims(), s)
	out.addSharedMemory(m.GetExtendedResources().GetSharedMemory())
	out.addSelectors(m.GetExtendedResources().GetGpuAccelerator(), s)
	if count := read.amounts.Limits[read.gpu]; !count.IsZero() {
		out.Pod.Tolerations = []corev1.Toleration{{
			Key: string(read.gpu), Operator: corev1.TolerationOpExists, Effect: corev1.TaintEffectNoSchedule,
		}}
	}
	return out, nil
}

func (p *Parts) addClaims(claims []*pb.ResourceClaim, s settings) {
	for _, claim := range claims {
		name := claim.GetName()
		p.Container.Resources.Claims = append(p.Container.Resources.Claims,
			corev1.ResourceClaim{Name: name, Request: claim.GetRequest()})
		if slices.ContainsFunc(p.Pod.ResourceClaims, func(c corev1.PodResourceClaim) bool { return c.Name == name }) {
			continue
		}
		source := corev1.PodResourceClaim{Name: name}
		if template, ok := s.claimTemplates[name]; ok {
			source.ResourceClaimTemplateName = &template
		} else {
			source.ResourceClaimName = &name
		}
		p.Pod.ResourceClaims = append(p.Pod.ResourceClaims, source)
	}
}

func (p *Parts) addSharedMemory(m *pb.SharedMemory) {
	if m == nil {
		return
	}
	source := &corev1.EmptyDirVolumeSource{Medium: corev1.StorageMediumMemory}
	if text := m.GetSizeLimit(); text != "" {
		q, _ := parseAmount(pb.Resources_MEMORY, text) // it was read, and so is valid
		source.SizeLimit = &q
	}
	p.Container.VolumeMounts = []corev1.VolumeMount{{Name: m.GetMountName(), MountPath: m.GetMountPath()}}
	p.Pod.Volumes = []corev1.Volume{{Name: m.GetMountName(), VolumeSource: corev1.VolumeSource{EmptyDir: source}}}
}

func (p *Parts) addSelectors(m *pb.GPUAccelerator, s settings) {
	deviceLabel, partitionLabel := s.labels.of(classOf(m))
	for label, value := range map[string]string{deviceLabel: deviceOf(m), partitionLabel: m.GetPartitionSize()} {
		if value != "" {
			if p.Pod.NodeSelector == nil {
				p.Pod.NodeSelector = map[string]string{}
			}
			p.Pod.NodeSelector[label] = value
		}
	}
	if m.GetUnpartitioned() {
		p.Pod.Affinity = &corev1.Affinity{NodeAffinity: &corev1.NodeAffinity{
			RequiredDuringSchedulingIgnoredDuringExecution: &corev1.NodeSelector{
				NodeSelectorTerms: []corev1.NodeSelectorTerm{{MatchExpressions: []corev1.NodeSelectorRequirement{
					{Key: partitionLabel, Operator: corev1.NodeSelectorOpDoesNotExist},
				}}},
			},
		}}
	}
}

// AddTo returns a copy of spec with these parts, for the container, or the init container, of this name. Nothing that
// spec has is overwritten: if it sets something to another value, AddTo returns an [*Error].
func (p Parts) AddTo(spec *corev1.PodSpec, container string) (*corev1.PodSpec, error) {
	out := spec.DeepCopy()
	var c collector
	target := findContainer(out, container)
	if target == nil {
		c.add("containers", ReasonUnknownKey, "no container is called %s", quote(container))
		return nil, c.err()
	}
	from := p.Container.Resources.DeepCopy()
	c.mergeList("resources.requests", &target.Resources.Requests, from.Requests)
	c.mergeList("resources.limits", &target.Resources.Limits, from.Limits)
	target.Resources.Claims = appendMissing(target.Resources.Claims, from.Claims)
	target.VolumeMounts = mergeItems(&c, "volumeMounts", target.VolumeMounts, p.Container.VolumeMounts,
		func(m corev1.VolumeMount) string { return m.MountPath })
	pod := p.Pod.DeepCopy()
	out.Volumes = mergeItems(&c, "volumes", out.Volumes, pod.Volumes, func(v corev1.Volume) string { return v.Name })
	for _, label := range slices.Sorted(maps.Keys(pod.NodeSelector)) {
		if own, ok := out.NodeSelector[label]; ok && own != pod.NodeSelector[label] {
			c.addConflict(path("nodeSelector", corev1.ResourceName(label)))
		} else if !ok {
			if out.NodeSelector == nil {
				out.NodeSelector = map[string]string{}
			}
			out.NodeSelector[label] = pod.NodeSelector[label]
		}
	}
	mergeAffinity(out, pod.Affinity)
	out.Tolerations = appendMissing(out.Tolerations, pod.Tolerations)
	for _, claim := range pod.ResourceClaims { // those of the Pod say where they come from
		if !slices.ContainsFunc(out.ResourceClaims, func(own corev1.PodResourceClaim) bool { return own.Name == claim.Name }) {
			out.ResourceClaims = append(out.ResourceClaims, claim)
		}
	}
	if err := c.err(); err != nil {
		return nil, err
	}
	return out, nil
}

func findContainer(spec *corev1.PodSpec, name string) *corev1.Container {
	for _, list := range [][]corev1.Container{spec.Containers, spec.InitContainers} {
		for i := range list {
			if list[i].Name == name {
				return &list[i]
			}
		}
	}
	return nil
}

func (c *collector) addConflict(field string) {
	c.add(field, ReasonDuplicateName, "the Pod has another value: remove one of the two")
}

// mergeList adds quantities to a list.
func (c *collector) mergeList(field string, own *corev1.ResourceList, wanted corev1.ResourceList) {
	for _, name := range slices.Sorted(maps.Keys(wanted)) {
		existing, ok := (*own)[name]
		if ok && existing.Cmp(wanted[name]) != 0 {
			c.addConflict(path(field, name))
		} else if !ok {
			set(own, name, wanted[name])
		}
	}
}

// mergeItems adds items to a list in which each has a name of its own.
func mergeItems[T any](c *collector, field string, own, wanted []T, name func(T) string) []T {
	for _, item := range wanted {
		i := slices.IndexFunc(own, func(existing T) bool { return name(existing) == name(item) })
		if i < 0 {
			own = append(own, item)
		} else if !apiequality.Semantic.DeepEqual(own[i], item) {
			c.addConflict(path(field, corev1.ResourceName(name(item))))
		}
	}
	return own
}

func appendMissing[T any](own, wanted []T) []T {
	for _, item := range wanted {
		if !slices.ContainsFunc(own, func(existing T) bool { return apiequality.Semantic.DeepEqual(existing, item) }) {
			own = append(own, item)
		}
	}
	return own
}

// mergeAffinity adds the expressions to each term: a node must match one of the terms, and these in any case.
func mergeAffinity(spec *corev1.PodSpec, affinity *corev1.Affinity) {
	if affinity == nil {
		return
	}
	if spec.Affinity == nil {
		spec.Affinity = &corev1.Affinity{}
	}
	if spec.Affinity.NodeAffinity == nil {
		spec.Affinity.NodeAffinity = &corev1.NodeAffinity{}
	}
	required := &spec.Affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	wanted := affinity.NodeAffinity.RequiredDuringSchedulingIgnoredDuringExecution
	if *required == nil || len((*required).NodeSelectorTerms) == 0 {
		*required = wanted
		return
	}
	for i := range (*required).NodeSelectorTerms {
		term := &(*required).NodeSelectorTerms[i]
		term.MatchExpressions = appendMissing(term.MatchExpressions, wanted.NodeSelectorTerms[0].MatchExpressions)
	}
}
