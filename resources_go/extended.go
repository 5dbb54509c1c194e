package resources

import (
	"strings"

	"k8s.io/apimachinery/pkg/util/validation"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// maxTextBytes bounds a device, a partition, a mount path and a mount name.
const maxTextBytes = 253

// readExtended adds the violations of the accelerator and of shared memory.
func (c *collector) readExtended(field string, m *pb.ExtendedResources, s settings) {
	if a := m.GetGpuAccelerator(); a != nil {
		at := field + ".gpu_accelerator"
		c.checkLabelValue(at+".device", a.GetDevice())
		c.checkLabelValue(at+".partition_size", a.GetPartitionSize())
		if resourceOf(a) == "" && !s.gpuIsSet {
			c.add(at+".device_class", ReasonUnsupportedName, "Kubernetes has no resource for devices of %s", classOf(a))
		}
		if a.GetAcceleratorModel() != 0 && deviceOf(a) == "" {
			c.add(at+".accelerator_model", ReasonUnsupportedName,
				"model %d is not in the catalogue: set the device", a.GetAcceleratorModel())
		}
	}
	if m.GetSharedMemory() != nil {
		c.readSharedMemory(field+".shared_memory", m.GetSharedMemory())
	}
}

func (c *collector) readSharedMemory(field string, m *pb.SharedMemory) {
	if path := m.GetMountPath(); len(path) > maxTextBytes || !strings.HasPrefix(path, "/") || strings.Contains(path, ":") {
		c.add(field+".mount_path", ReasonInvalidPath, "%s is not a mount path: write one such as /dev/shm", quote(path))
	}
	c.checkDNSLabel(field+".mount_name", m.GetMountName())
	if size := m.GetSizeLimit(); size != "" {
		_, reason := parseAmount(pb.Resources_MEMORY, size)
		c.addValue(pb.Resources_MEMORY, &entry{field: field + ".size_limit", text: size}, reason)
	}
}

func (c *collector) checkLabelValue(field, text string) {
	if len(text) > 0 && len(validation.IsValidLabelValue(text)) > 0 {
		c.add(field, ReasonInvalidName, "%s is not the value of a node's label: write up to 63 of a-z, 0-9, -, _ and .",
			quote(text))
	}
}

func (c *collector) checkDNSLabel(field, text string) {
	if len(validation.IsDNS1123Label(text)) > 0 {
		c.add(field, ReasonInvalidName, "%s is not a name: write up to 63 of a-z, 0-9 and -", quote(text))
	}
}
