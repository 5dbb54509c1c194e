// Package reference implements and serves resourceidl.service.v1.ResourcesService on top of package resources.
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

// Resolve resolves one message.
func (Service) Resolve(_ context.Context, in *servicepb.ResolveRequest) (*servicepb.ResolveResponse, error) {
	resolved, err := resolve(in.GetResources())
	if err != nil {
		return nil, err
	}
	return &servicepb.ResolveResponse{Resources: resolved}, nil
}

// ResolveStream sends the answer to an item before it receives the next item. So a client that does not receive cannot
// keep sending, and memory does not grow with the length of the stream.
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
		out, err := resolveItem(in.GetResources())
		if err != nil {
			return err
		}
		if err := stream.Send(out); err != nil {
			return err
		}
	}
}

// resolveItem returns the violations of an invalid item as its answer.
func resolveItem(m *pb.Resources) (*servicepb.ResolveStreamResponse, error) {
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

// ResolveContainer resolves one container.
func (Service) ResolveContainer(
	_ context.Context, in *servicepb.ResolveContainerRequest,
) (*servicepb.ResolveContainerResponse, error) {
	resolved, err := resources.ResolveContainer(in.GetContainerResources(), resources.FieldPrefix("container_resources."))
	if err != nil {
		return nil, err
	}
	return &servicepb.ResolveContainerResponse{ContainerResources: resolved}, nil
}

// resolve is the whole service: read, apply the defaulting of the API server, write.
func resolve(m *pb.Resources) (*pb.Resources, error) {
	requirements, err := resources.FromProto(m, resources.FieldPrefix("resources."))
	if err != nil {
		return nil, err
	}
	return resources.ToProto(resources.Defaulted(requirements))
}
