package resources

import (
	"math"
	"math/big"
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
)

const (
	// maxQuantityBytes bounds the text of a quantity.
	maxQuantityBytes = 64
	// maxValue is the largest amount of a resource.
	maxValue = math.MaxInt64
	// maxGPUs is the largest number of GPUs: the API server counts an extended resource in thousandths, in an int64.
	maxGPUs = math.MaxInt64 / 1000
	// maxPowerOfTen is far above that of any value in range. Larger ones are rejected without any arithmetic, because
	// computing 1e50000000 takes minutes.
	maxPowerOfTen = 1000
)

// longExponent matches an exponent of more than three digits, not counting leading zeros. ParseQuantity takes seconds
// for 1e-50000000, so such a text must never reach it.
var longExponent = regexp.MustCompile(`^[+-]?[0-9]*(\.[0-9]*)?[eE][+-]?0*[1-9][0-9]{3,}$`)

// parseAmount parses the value of an entry. The reason is empty if the value is valid.
func parseAmount(name pb.Resources_ResourceName, text string) (q resource.Quantity, reason Reason) {
	if len(text) > maxQuantityBytes {
		return q, ReasonInvalidQuantity
	}
	if longExponent.MatchString(text) {
		return q, ReasonOutOfRange
	}
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return q, ReasonInvalidQuantity
	}
	if isCapped(q, text) {
		return q, ReasonOutOfRange
	}
	reason = checkAmount(name, q)
	// A parsed Quantity may keep its text, such as 1E3, +1 or 1.500, and String would print that. Negating it twice
	// drops the text. String then computes the canonical string, which copies of the Quantity keep.
	q.Neg()
	q.Neg()
	_ = q.String()
	return q, reason
}

// checkAmount returns the reason why a container cannot have q of a resource, or "".
func checkAmount(name pb.Resources_ResourceName, q resource.Quantity) Reason {
	switch {
	case q.CmpInt64(maximum(name)) > 0, q.CmpInt64(-maxValue) < 0:
		return ReasonOutOfRange
	case q.Sign() < 0:
		return ReasonNegative
	case name == pb.Resources_GPU:
		if _, exact := q.AsScale(0); !exact {
			return ReasonNotWhole
		}
	}
	return ""
}

// maximum returns the largest amount of a resource.
func maximum(name pb.Resources_ResourceName) int64 {
	if name == pb.Resources_GPU {
		return maxGPUs
	}
	return maxValue
}

// isCapped reports whether the value of text is beyond 2^63-1 and ParseQuantity replaced it by 2^63-1, which it does for
// BinarySI. The parsed value q cannot tell 8Ei from 9007199254740991.9990234375Ki, which is exactly 2^63-1, so isCapped
// computes the value of text once more, without rounding.
func isCapped(q resource.Quantity, text string) bool {
	if q.Format != resource.BinarySI || q.CmpInt64(maxValue) != 0 && q.CmpInt64(-maxValue) != 0 {
		return false
	}
	number, suffix := strings.TrimLeft(text[:len(text)-2], "+-"), text[len(text)-2:]
	whole, fraction, _ := strings.Cut(number, ".")
	value, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return true // unreachable: q was parsed from these digits
	}
	value.Lsh(value, uint(10*(1+strings.IndexByte("KMGTPE", suffix[0]))))
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(fraction))), nil)
	limit.Mul(limit, big.NewInt(maxValue))
	return value.Cmp(limit) > 0
}

// isEnormous reports, without any arithmetic, whether a nonzero Quantity is far out of range.
func isEnormous(q resource.Quantity) bool {
	return q.AsDec().Scale() < -maxPowerOfTen // AsDec changes the representation, but only of this copy
}

// isTiny reports, without any arithmetic, whether a nonzero Quantity is far below a billionth. Rounding 1e-50000000
// takes minutes too.
func isTiny(q resource.Quantity) bool {
	d := q.AsDec()
	return int64(d.Scale()) > maxPowerOfTen+int64(d.UnscaledBig().BitLen())
}

// ceilToMilli returns q rounded up to a whole thousandth, as the API server's defaulting does.
func ceilToMilli(q resource.Quantity) resource.Quantity {
	q = q.DeepCopy()
	q.RoundUp(resource.Milli)
	return q
}

// wireString prints, parses and prints q. Printing once is not enough: 31.25Ki prints 32000, which prints 32k.
func wireString(q resource.Quantity) string {
	return canonicalString(resource.MustParse(canonicalString(q))) // q is in range, so its canonical string parses
}

// canonicalString computes the canonical string. It does not use String, which may return the text that was parsed.
func canonicalString(q resource.Quantity) string {
	number, suffix := q.CanonicalizeBytes(nil)
	return string(number) + string(suffix)
}
