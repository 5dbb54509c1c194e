package resources

import (
	"fmt"
	"strconv"
	"unicode/utf8"
)

const (
	// maxDescriptionBytes bounds a description: details travel in trailers, and gRPC caps those at 8 KiB.
	maxDescriptionBytes = 120
	// maxQuotedBytes bounds a value quoted in a description, including the quotes.
	maxQuotedBytes = 32
)

// Violation describes one problem.
type Violation struct {
	// Field is the location: requests[2].name in a message, limits["nvidia.com/gpu"] in a ResourceRequirements,
	// preceded by the FieldPrefix.
	Field string
	// Reason identifies the rule that was broken, for programs.
	Reason Reason
	// Description tells people what is wrong and what to write instead. It is at most 120 bytes long; values quoted
	// in it are escaped and truncated. Unlike Field and Reason, it may change between releases.
	Description string
}

// Error lists everything that is wrong with one message or one ResourceRequirements, in the order of the specification.
// A gRPC handler can return it unchanged or wrapped: it becomes INVALID_ARGUMENT with details.
type Error struct {
	// Violations holds at least one violation.
	Violations []Violation
}

// Error returns the first violation and the number of others. It is short because it becomes the message of a gRPC
// status, whose details hold all violations.
func (e *Error) Error() string {
	if len(e.Violations) == 0 {
		return "invalid resources"
	}
	first := truncate(e.Violations[0].Description, maxDescriptionBytes)
	if field := e.Violations[0].Field; field != "" {
		first = field + ": " + first
	}
	if more := len(e.Violations) - 1; more > 0 {
		return fmt.Sprintf("%s (and %d more)", first, more)
	}
	return first
}

// collector collects violations.
type collector struct {
	prefix     string
	violations []Violation
}

// add appends a violation.
func (c *collector) add(field string, reason Reason, format string, arguments ...any) {
	c.violations = append(c.violations, Violation{
		Field:       c.prefix + field,
		Reason:      reason,
		Description: truncate(fmt.Sprintf(format, arguments...), maxDescriptionBytes),
	})
}

// err returns an *Error, or nil if there are no violations.
func (c *collector) err() error {
	if c.violations == nil {
		return nil
	}
	return &Error{Violations: c.violations}
}

// quote returns text in quotes, escaped where it is not printable, and truncated.
func quote(text string) string {
	return truncate(strconv.Quote(text[:min(len(text), maxQuotedBytes)]), maxQuotedBytes)
}

// truncate shortens text to at most limit bytes without splitting a character, and to nothing if limit is 0.
func truncate(text string, limit int) string {
	if len(text) <= limit {
		return text
	}
	if limit == 0 {
		return ""
	}
	end := limit - len("...")
	for !utf8.RuneStart(text[end]) {
		end--
	}
	return text[:end] + "..."
}
