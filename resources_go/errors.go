package resources

import (
	"fmt"
	"strconv"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	// maxDescription bounds a description, in bytes: details travel in trailers, and gRPC caps those at 8 KiB.
	maxDescription = 120
	// maxQuoted bounds a value quoted in a description, quotes included.
	maxQuoted = 32
)

// Violation is one thing that is wrong.
type Violation struct {
	// Field is the place: requests[2].name in a message, limits["nvidia.com/gpu"] in a ResourceRequirements, with
	// the FieldPrefix in front.
	Field string
	// Reason is the rule that was broken, for programs: one of TOO_MANY_ENTRIES, UNSUPPORTED_NAME, DUPLICATE_NAME,
	// INVALID_QUANTITY, OUT_OF_RANGE, NEGATIVE, NOT_WHOLE, REQUEST_ABOVE_LIMIT, REQUEST_NOT_EQUAL_LIMIT and
	// LIMIT_REQUIRED, which resourceidl/v1/resources.proto explains, and, from ToProto, UNKNOWN_KEY.
	Reason string
	// Description says to people what to write instead. It may change; the other two do not. At most 120 bytes;
	// the value quoted in it is escaped and cut.
	Description string
}

// Error is everything that is wrong with one message, or with one ResourceRequirements, in the order of the
// specification. A gRPC handler can return it as it is, wrapped or not: it becomes INVALID_ARGUMENT with details.
type Error struct {
	// Violations holds at least one.
	Violations []Violation
}

// Error gives the first violation and the number of the others: short, since it becomes the message of a gRPC status,
// whose details hold them all.
func (e *Error) Error() string {
	if len(e.Violations) == 0 {
		return "invalid resources"
	}
	first := e.Violations[0]
	switch more := len(e.Violations) - 1; more {
	case 0:
		return fmt.Sprintf("%s: %s", first.Field, first.Description)
	case 1:
		return fmt.Sprintf("%s: %s (and 1 more)", first.Field, first.Description)
	default:
		return fmt.Sprintf("%s: %s (and %d more)", first.Field, first.Description, more)
	}
}

// GRPCStatus gives INVALID_ARGUMENT and, as its one detail, a google.rpc.BadRequest with a FieldViolation for each
// violation. The gRPC runtime calls it.
func (e *Error) GRPCStatus() *status.Status {
	bad := &errdetails.BadRequest{FieldViolations: make([]*errdetails.BadRequest_FieldViolation, len(e.Violations))}
	for i, v := range e.Violations {
		bad.FieldViolations[i] = &errdetails.BadRequest_FieldViolation{
			Field: v.Field, Reason: v.Reason, Description: v.Description,
		}
	}
	s := status.New(codes.InvalidArgument, e.Error())
	detailed, err := s.WithDetails(bad)
	if err != nil { // a string that is not UTF-8 in a field or prefix of the caller's
		return s
	}
	return detailed
}

// problems collects violations.
type problems struct {
	prefix     string
	violations []Violation
}

// add notes one; an overlong description is cut, so that the limit holds whatever was quoted.
func (p *problems) add(field, reason, format string, arguments ...any) {
	description := fmt.Sprintf(format, arguments...)
	if len(description) > maxDescription {
		description = description[:maxDescription-3] + "..." // ASCII throughout: what is quoted is escaped
	}
	p.violations = append(p.violations, Violation{Field: p.prefix + field, Reason: reason, Description: description})
}

// err is nil when nothing was noted.
func (p *problems) err() error {
	if p.violations == nil {
		return nil
	}
	return &Error{Violations: p.violations}
}

// quoted shows text in ASCII, escaped, and cut where it is long.
func quoted(text string) string {
	cut := len(text) > maxQuoted
	if cut {
		text = text[:maxQuoted]
	}
	text = strconv.QuoteToASCII(text)
	if cut || len(text) > maxQuoted {
		return text[:maxQuoted-3] + "..."
	}
	return text
}
