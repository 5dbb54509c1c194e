// Package resources gives a backend author what Kubernetes calls the resources of a container, from the message that
// came over the wire, and back.
//
// A handler needs one call, and may return its error as it is:
//
//	func (s *server) Submit(ctx context.Context, req *jobsv1.SubmitRequest) (*jobsv1.SubmitResponse, error) {
//		requirements, err := resources.FromProto(req.GetResources(), resources.FieldPrefix("resources."))
//		if err != nil {
//			return nil, err // INVALID_ARGUMENT, with everything that is wrong in a google.rpc.BadRequest
//		}
//		container := corev1.Container{Name: "main", Image: req.GetImage(), Resources: requirements}
//		…
//	}
//
// The rules, and the words that stand in [Violation.Reason], are those of resourceidl/v1/resources.proto.
package resources
