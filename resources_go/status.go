package resources

import (
	"fmt"
	"regexp"
	"sort"
	"strconv"
	"strings"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	spb "google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"
	corev1 "k8s.io/api/core/v1"
)

// gRPC rejects trailers of more than 8 KiB. These leave room for the message and for other trailers. Python has the same.
const (
	maxStatusBytes  = 7 * 1024 * 3 / 4 // 7 KiB in base64
	maxMessageBytes = 200
)

// descriptionLimits are tried in turn.
var descriptionLimits = [...]int{maxDescriptionBytes, 80, 40, 0}

// GRPCStatus returns INVALID_ARGUMENT with one detail: a google.rpc.BadRequest that has a FieldViolation for each
// violation. The gRPC runtime calls it.
//
// Encoded, the status takes at most 7 KiB, since gRPC rejects larger trailers: if that is not enough, first the
// descriptions are cut, and then violations are dropped. The last one then has ReasonTruncated and their number.
func (e *Error) GRPCStatus() *status.Status {
	out := &spb.Status{
		Code:    int32(codes.InvalidArgument),
		Message: truncate(strings.ToValidUTF8(e.Error(), "\uFFFD"), maxMessageBytes),
	}
	violations := make([]*errdetails.BadRequest_FieldViolation, len(e.Violations))
	for i, v := range e.Violations {
		violations[i] = &errdetails.BadRequest_FieldViolation{
			Field:       strings.ToValidUTF8(v.Field, "\uFFFD"),
			Reason:      strings.ToValidUTF8(v.Reason, "\uFFFD"),
			Description: strings.ToValidUTF8(v.Description, "\uFFFD"),
		}
	}
	for _, limit := range descriptionLimits {
		if packFirst(out, violations, len(violations), limit) <= maxStatusBytes {
			return status.FromProto(out)
		}
	}
	// Each further violation takes more bytes, so the first number that is too large can be found by bisection.
	kept := sort.Search(len(violations)-1, func(i int) bool { return packFirst(out, violations, i+1, 0) > maxStatusBytes })
	packFirst(out, violations, kept, 0)
	return status.FromProto(out)
}

// packFirst sets the detail to the first count violations and the number of the others. It returns the size of the
// status.
func packFirst(out *spb.Status, violations []*errdetails.BadRequest_FieldViolation, count, limit int) int {
	bad := &errdetails.BadRequest{}
	for _, v := range violations[:count] {
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Field: v.Field, Reason: v.Reason, Description: truncate(v.Description, limit),
		})
	}
	if more := len(violations) - count; more > 0 {
		bad.FieldViolations = append(bad.FieldViolations, &errdetails.BadRequest_FieldViolation{
			Reason: ReasonTruncated, Description: fmt.Sprintf("%d more", more),
		})
	}
	detail, err := anypb.New(bad)
	if err != nil {
		return 0 // unreachable: all text is valid UTF-8
	}
	out.Details = []*anypb.Any{detail}
	return proto.Size(out)
}

// ErrorFromStatus returns the violations that a failed call carries, or nil if it carries none: for any other status
// than INVALID_ARGUMENT, and for one without a google.rpc.BadRequest. [FieldPrefix] is removed from each field that
// begins with it; fields elsewhere in the request stay as they are. [Declared] and [GPUResource] name the places in what
// was sent.
func ErrorFromStatus(err error, options ...Option) *Error {
	s, _ := newSettings(options) // a GPU resource that Kubernetes would not accept is not a place of anything
	failure, ok := status.FromError(err)
	if !ok || failure.Code() != codes.InvalidArgument {
		return nil
	}
	places := s.places()
	var violations []Violation
	for _, detail := range failure.Details() {
		bad, ok := detail.(*errdetails.BadRequest)
		if !ok {
			continue
		}
		for _, v := range bad.GetFieldViolations() {
			violations = append(violations, Violation{
				Field: s.translate(v.GetField(), places), Reason: v.GetReason(), Description: v.GetDescription(),
			})
		}
	}
	if violations == nil {
		return nil
	}
	return &Error{Violations: violations}
}

// messageField matches the field of one entry in a message.
var messageField = regexp.MustCompile(`^((?:requests|limits)\[[0-9]+\])\.(?:name|value)$`)

// places maps each entry of the message to its place in what was declared.
func (s settings) places() map[string]string {
	places := map[string]string{}
	if s.declared == nil {
		return places
	}
	for side, list := range map[string]corev1.ResourceList{
		"requests": s.declared.Requests, "limits": s.declared.Limits,
	} {
		index := 0
		for _, name := range supportedNames {
			if key := s.kubernetesName(name); hasKey(list, key) {
				places[side+"["+strconv.Itoa(index)+"]"] = path(side, key)
				index++
			}
		}
	}
	return places
}

func hasKey(list corev1.ResourceList, key corev1.ResourceName) bool {
	_, ok := list[key]
	return ok
}

// translate removes the prefix from a field and looks its place up.
func (s settings) translate(field string, places map[string]string) string {
	if field == strings.TrimRight(s.prefix, ".") {
		return ""
	}
	inside, ok := strings.CutPrefix(field, s.prefix)
	if !ok {
		return field
	}
	if found := messageField.FindStringSubmatch(inside); found != nil {
		if place, ok := places[found[1]]; ok {
			return place
		}
	}
	return inside
}
