package resources

// Reason identifies the rule that a [Violation] breaks. The comments of resourceidl/v1/resources.proto specify each
// rule. Reasons never change.
type Reason = string

const (
	// ReasonTooManyEntries means that a list has more than 16 entries.
	ReasonTooManyEntries Reason = "TOO_MANY_ENTRIES"
	// ReasonUnsupportedName means that an entry's name is not CPU, GPU, MEMORY or EPHEMERAL_STORAGE.
	ReasonUnsupportedName Reason = "UNSUPPORTED_NAME"
	// ReasonDuplicateName means that an earlier entry of the same list has the same name.
	ReasonDuplicateName Reason = "DUPLICATE_NAME"
	// ReasonInvalidQuantity means that a value is longer than 64 bytes or not a quantity.
	ReasonInvalidQuantity Reason = "INVALID_QUANTITY"
	// ReasonOutOfRange means that a value, or its exponent, is too large.
	ReasonOutOfRange Reason = "OUT_OF_RANGE"
	// ReasonNegative means that a value is below zero.
	ReasonNegative Reason = "NEGATIVE"
	// ReasonNotWhole means that a GPU count has a fraction.
	ReasonNotWhole Reason = "NOT_WHOLE"
	// ReasonRequestAboveLimit means that a request is above the limit of the same name.
	ReasonRequestAboveLimit Reason = "REQUEST_ABOVE_LIMIT"
	// ReasonRequestNotEqualLimit means that a GPU request is below its limit.
	ReasonRequestNotEqualLimit Reason = "REQUEST_NOT_EQUAL_LIMIT"
	// ReasonLimitRequired means that a GPU request has no limit.
	ReasonLimitRequired Reason = "LIMIT_REQUIRED"
	// ReasonInvalidName means that a device, a partition, the name of a volume or of a claim is not a valid name.
	ReasonInvalidName Reason = "INVALID_NAME"
	// ReasonInvalidPath means that a mount path is not valid.
	ReasonInvalidPath Reason = "INVALID_PATH"
	// ReasonCountRequired means that there is an accelerator and no count of GPUs.
	ReasonCountRequired Reason = "COUNT_REQUIRED"
	// ReasonCPUOrMemoryRequired means that there are huge pages, and neither CPU nor memory beside them.
	ReasonCPUOrMemoryRequired Reason = "CPU_OR_MEMORY_REQUIRED"
	// ReasonUnknownKey means that the message cannot carry a resource. Only [ToProto] reports it.
	ReasonUnknownKey Reason = "UNKNOWN_KEY"
	// ReasonTruncated stands for violations that a gRPC status has no room for.
	ReasonTruncated Reason = "TRUNCATED"
)
