// Package reference is the reference service: what the package resources says about a message, over gRPC.
package reference

import (
	"context"
	"errors"
	"io"

	"google.golang.org/grpc"

	servicepb "resourceidl.example/resources/generated/go/resourceidl/service/v1"
	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

// Service implements resourceidl.service.v1.ResourcesService.
type Service struct {
	servicepb.UnimplementedResourcesServiceServer
}

// Resolve answers one request.
func (Service) Resolve(_ context.Context, in *servicepb.ResolveRequest) (*servicepb.ResolveResponse, error) {
	resolved, err := resolve(in.GetResources())
	if err != nil {
		return nil, err
	}
	return &servicepb.ResolveResponse{Resources: resolved}, nil
}

// ResolveStream answers one item before it reads the next, so a client that does not read is not read from either:
// memory does not grow with the length of the stream.
func (Service) ResolveStream(
	stream grpc.BidiStreamingServer[servicepb.ResolveStreamRequest, servicepb.ResolveStreamResponse],
) error {
	for {
		in, err := stream.Recv()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		out, err := answer(in.GetResources())
		if err != nil {
			return err
		}
		if err := stream.Send(out); err != nil {
			return err
		}
	}
}

// answer puts the violations of an item in their place.
func answer(m *pb.Resources) (*servicepb.ResolveStreamResponse, error) {
	resolved, err := resolve(m)
	if bad := (*resources.Error)(nil); errors.As(err, &bad) {
		violations := make([]*servicepb.Violation, len(bad.Violations))
		for i, v := range bad.Violations {
			violations[i] = &servicepb.Violation{Field: v.Field, Description: v.Description, Reason: v.Reason}
		}
		return &servicepb.ResolveStreamResponse{Result: &servicepb.ResolveStreamResponse_Violations{
			Violations: &servicepb.Violations{Violations: violations},
		}}, nil
	}
	if err != nil {
		return nil, err
	}
	return &servicepb.ResolveStreamResponse{Result: &servicepb.ResolveStreamResponse_Resources{
		Resources: resolved,
	}}, nil
}

// resolve is the specification of the service, in three steps.
func resolve(m *pb.Resources) (*pb.Resources, error) {
	requirements, err := resources.FromProto(m, resources.FieldPrefix("resources."))
	if err != nil {
		return nil, err
	}
	return resources.ToProto(resources.Defaulted(requirements))
}
