// Package resources converts between the message resourceidl.v1.Resources and the resource requirements of a Kubernetes
// container.
//
// A gRPC handler makes one call and can return its error unchanged:
//
//	func (s *server) Submit(ctx context.Context, req *jobsv1.SubmitRequest) (*jobsv1.SubmitResponse, error) {
//		requirements, err := resources.FromProto(req.GetResources(), resources.FieldPrefix("resources."))
//		if err != nil {
//			return nil, err // INVALID_ARGUMENT, with every violation in a google.rpc.BadRequest
//		}
//		container := corev1.Container{Name: "main", Image: req.GetImage(), Resources: requirements}
//		…
//	}
//
// [FromContainerProto] does the same for resourceidl.v1.ContainerResources, which also has an accelerator, shared memory,
// other resources by name, and claims. It returns what the message adds to a container and to its Pod.
//
// The rules and their reasons are specified in resourceidl/v1/resources.proto, and for containers in
// extended_resources.proto and container_resources.proto beside it.
package resources
