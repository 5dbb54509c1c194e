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
	// maxText bounds the text of a quantity, in bytes.
	maxText = 64
	// maxScale is far above any power of ten of a value within the limits: what is beyond it is refused unread,
	// since the arithmetic of 1e50000000 takes minutes.
	maxScale = 1000
)

// overlong is an exponent of more than three digits, leading zeros not counted. ParseQuantity takes seconds on
// 1e-50000000: this, like maxText, stands in front of it.
var overlong = regexp.MustCompile(`^[+-]?[0-9]*(\.[0-9]*)?[eE][+-]?0*[1-9][0-9]{3,}$`)

// parse reads the text of an entry; a reason that is not empty says why it is refused.
func parse(name pb.Resources_ResourceName, text string) (q resource.Quantity, reason string) {
	if len(text) > maxText {
		return q, "INVALID_QUANTITY"
	}
	if overlong.MatchString(text) {
		return q, "OUT_OF_RANGE"
	}
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return q, "INVALID_QUANTITY"
	}
	if q.Format == resource.BinarySI && capped(q, text) {
		return q, "OUT_OF_RANGE"
	}
	reason = judge(name, q)
	// A parsed Quantity may keep the text it was read from (1E3, +1, 1.500) and would print that. Changing the sign
	// twice drops it; String computes the canonical one, and the copies handed out keep that.
	q.Neg()
	q.Neg()
	_ = q.String()
	return q, reason
}

// judge looks at the value, exactly as it is stored.
func judge(name pb.Resources_ResourceName, q resource.Quantity) string {
	switch {
	case q.CmpInt64(math.MaxInt64) > 0, q.CmpInt64(-math.MaxInt64) < 0:
		return "OUT_OF_RANGE"
	case q.Sign() < 0:
		return "NEGATIVE"
	case name == pb.Resources_GPU:
		if _, whole := q.AsScale(0); !whole {
			return "NOT_WHOLE"
		}
	}
	return ""
}

// capped tells whether text, which ParseQuantity read as q in BinarySI, lies beyond 2^63-1, where Go cuts it to exactly
// that. The parsed value alone cannot tell 8Ei from 9007199254740991.9990234375Ki, which is 2^63-1, so the text is
// computed once more, without rounding.
func capped(q resource.Quantity, text string) bool {
	if q.CmpInt64(math.MaxInt64) != 0 && q.CmpInt64(-math.MaxInt64) != 0 {
		return false
	}
	number, suffix := strings.TrimLeft(text[:len(text)-2], "+-"), text[len(text)-2:]
	whole, fraction, _ := strings.Cut(number, ".")
	size, ok := new(big.Int).SetString(whole+fraction, 10)
	if !ok {
		return true // cannot be: q came from these digits
	}
	size.Lsh(size, uint(10*(1+strings.IndexByte("KMGTPE", suffix[0]))))
	limit := new(big.Int).Exp(big.NewInt(10), big.NewInt(int64(len(fraction))), nil)
	limit.Mul(limit, big.NewInt(math.MaxInt64))
	return size.Cmp(limit) > 0
}

// enormous tells, without arithmetic, whether a Quantity that a program holds, and that is not zero, is far out of
// range.
func enormous(q resource.Quantity) bool {
	return -q.AsDec().Scale() > maxScale // of a copy: AsDec changes the form of what it is called on
}

// roundedUp gives the value rounded up to a whole thousandth, as the API server's defaulting does.
func roundedUp(q resource.Quantity) resource.Quantity {
	q = q.DeepCopy()
	q.RoundUp(resource.Milli)
	return q
}

// wire prints, parses and prints: one pass is not a fixed point, since 31.25Ki prints 32000, which prints 32k. Never
// String, which may return the text that was parsed. q is within the limits, so what it prints parses.
func wire(q resource.Quantity) string {
	again := resource.MustParse(canonical(q))
	return canonical(again)
}

// canonical is the computed canonical string.
func canonical(q resource.Quantity) string {
	number, suffix := q.CanonicalizeBytes(nil)
	return string(number) + string(suffix)
}

// spelling takes apart what a person may have meant as a quantity.
var spelling = regexp.MustCompile(`^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)) *([A-Za-z]*)$`)

// advice ends the description of a text that is not a quantity.
func advice(text string) string {
	const otherwise = "write a number and a suffix, such as 500m or 1Gi"
	if len(text) > maxText {
		return otherwise
	}
	parts := spelling.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil {
		return otherwise
	}
	number, unit := parts[1], parts[2]
	candidates := []string{number + unit}
	if _, err := resource.ParseQuantity(candidates[0]); err != nil {
		lower := strings.TrimSuffix(strings.ToLower(unit), "b") // Mb, GB, KiB
		if lower == "" {
			candidates = []string{number}
		} else {
			at := strings.IndexByte("kmgtp", lower[0])
			if at < 0 || (lower[1:] != "" && lower[1:] != "i") {
				return otherwise
			}
			binary := number + "KMGTP"[at:at+1] + "i"
			candidates = []string{number + "kMGTP"[at:at+1], binary}
			if lower[1:] == "i" {
				candidates = []string{binary}
			}
		}
	}
	answer := "did you mean " + strings.Join(candidates, " or ") + "?"
	if len(answer) > 60 {
		return otherwise
	}
	return answer
}
