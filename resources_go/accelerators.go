package resources

import (
	_ "embed"
	"encoding/json"
	"slices"
	"sync"

	corev1 "k8s.io/api/core/v1"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

// accelerators.json is the catalogue of accelerators. scripts/accelerators.py makes it.
//
//go:embed accelerators.json
var catalogueJSON []byte

// accelerator is an entry of the catalogue.
type accelerator struct {
	Name    string            `json:"name"`
	Aliases []string          `json:"aliases"`
	Class   string            `json:"class"`
	Number  int32             `json:"number"` // of the model, or 0
	Device  string            `json:"device"` // the value of the nodes' label
	Devices map[string]string `json:"devices"`
}

// accelerators is the catalogue, for looking up.
type accelerators struct {
	byName, byDevice map[string]*accelerator
	byModel          map[pb.AcceleratorModel]*accelerator
	resources        map[pb.GPUAccelerator_DeviceClass]corev1.ResourceName
}

var catalogue = sync.OnceValue(func() accelerators {
	var read struct {
		Resources    map[string]corev1.ResourceName `json:"resources"`
		Accelerators []*accelerator                 `json:"accelerators"`
	}
	if err := json.Unmarshal(catalogueJSON, &read); err != nil {
		panic(err) // the file is part of the program, and tested
	}
	made := accelerators{
		byName: map[string]*accelerator{}, byDevice: map[string]*accelerator{},
		byModel:   map[pb.AcceleratorModel]*accelerator{},
		resources: map[pb.GPUAccelerator_DeviceClass]corev1.ResourceName{},
	}
	for class, resource := range read.Resources {
		made.resources[classNumber(class)] = resource
	}
	for _, entry := range read.Accelerators {
		for _, name := range append(slices.Clone(entry.Aliases), entry.Name) {
			made.byName[name] = entry
		}
		made.byDevice[entry.Device] = entry
		for _, device := range entry.Devices {
			made.byDevice[device] = entry
		}
		if entry.Number != 0 {
			made.byModel[pb.AcceleratorModel(entry.Number)] = entry
		}
	}
	return made
})

func classNumber(name string) pb.GPUAccelerator_DeviceClass {
	return pb.GPUAccelerator_DeviceClass(pb.GPUAccelerator_DeviceClass_value[name])
}

// entry returns the entry of the message's device, or of its model; nil if there is neither.
func (a accelerators) entry(m *pb.GPUAccelerator) *accelerator {
	if entry := a.byName[m.GetDevice()]; entry != nil {
		return entry
	}
	if entry := a.byDevice[m.GetDevice()]; entry != nil {
		return entry
	}
	return a.byModel[m.GetAcceleratorModel()]
}

// classOf returns the class of an accelerator, as the comments of the schema determine it.
func classOf(m *pb.GPUAccelerator) pb.GPUAccelerator_DeviceClass {
	if class := m.GetDeviceClass(); class != 0 {
		return class
	}
	if entry := catalogue().entry(m); entry != nil {
		return classNumber(entry.Class)
	}
	return pb.GPUAccelerator_NVIDIA_GPU
}

// deviceOf returns the device of an accelerator, or "".
func deviceOf(m *pb.GPUAccelerator) string {
	if entry := catalogue().byName[m.GetDevice()]; entry != nil {
		return entry.Device
	}
	if m.GetDevice() != "" {
		return m.GetDevice()
	}
	if entry := catalogue().byModel[m.GetAcceleratorModel()]; entry != nil {
		return entry.Device
	}
	return ""
}

// resourceOf returns the resource that counts an accelerator, or "".
func resourceOf(m *pb.GPUAccelerator) corev1.ResourceName {
	return catalogue().resources[classOf(m)]
}
