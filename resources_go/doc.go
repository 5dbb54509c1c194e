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
// The rules and their reasons are specified in resourceidl/v1/resources.proto.
package resources
