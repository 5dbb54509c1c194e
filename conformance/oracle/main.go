// Command oracle reports what Kubernetes' own resource.Quantity does with a text.
//
// Without arguments it reads JSON lines and writes one JSON line for each, in order:
//
//	{"text": "1.5Gi"}                              parse and print one text (Answer)
//	{"left": "1", "right": "1Ki", "factor": "3"}   compare, add, subtract and multiply (PairAnswer)
//
// With the argument "vectors" it writes the test vectors: the cases of cases.go with their answers.
//
// Every implementation is checked against this program, so it shares no code with any of them. It adds only the limits
// that the contract sets on purpose, all reported as "range": a text of at most 256 characters, an exponent of at most
// three digits, and no value whose canonical string breaks these limits. Without them, a short text keeps Go busy for
// minutes.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/big"
	"os"
	"regexp"
	"strings"
	"unicode/utf8"

	"gopkg.in/inf.v0"
	"k8s.io/apimachinery/pkg/api/resource"
)

// Request is one line of input: a text, or a pair and a factor.
type Request struct {
	Text   *string `json:"text,omitempty"`
	Left   *string `json:"left,omitempty"`
	Right  *string `json:"right,omitempty"`
	Factor *int64  `json:"factor,omitempty,string"`
}

// Answer describes one parsed text. If the text is rejected, only Reason is set.
type Answer struct {
	// Reason is why the text is rejected: "format", "numeric" or "suffix", Go's three errors, or "range".
	Reason string `json:"reason,omitempty"`
	// Value is the exact value after the parser's rounding and capping: a whole number that does not end in 0, "e", and
	// an exponent.
	Value string `json:"value,omitempty"`
	// Capped reports whether the parser replaced a BinarySI value beyond 2^63-1 by 2^63-1.
	Capped bool `json:"capped,omitempty"`
	// Format is DecimalSI, BinarySI or DecimalExponent.
	Format string `json:"format,omitempty"`
	// Canonical is what CanonicalizeBytes prints. String() may return the parsed text instead.
	Canonical string `json:"canonical,omitempty"`
	// Again is Canonical, parsed and printed once more.
	Again string `json:"again,omitempty"`
	// String is what String() prints for Again: the same for a value within int64.
	String string `json:"string,omitempty"`
	// Rounded is what CanonicalizeBytes prints after RoundUp(Milli), which is what the API server stores.
	Rounded string `json:"rounded,omitempty"`
	// Whole is Value() and Milli is MilliValue(), if they fit an int64. For a negative number they are the negated
	// answers for its absolute value: here Go rounds some negative numbers toward zero, which RoundUp never does.
	// These two and Factor are strings in JSON because many JSON readers turn numbers into floats.
	Whole *int64 `json:"whole,omitempty,string"`
	Milli *int64 `json:"milli,omitempty,string"`
}

// Result is a computed quantity. If its canonical string cannot be read back, only Reason is set, to "range".
type Result struct {
	Reason    string `json:"reason,omitempty"`
	Value     string `json:"value,omitempty"`
	Format    string `json:"format,omitempty"`
	Canonical string `json:"canonical,omitempty"`
}

// PairAnswer describes two texts and a factor.
type PairAnswer struct {
	// Refused reports whether one of the texts is rejected. If so, nothing else is set.
	Refused bool `json:"refused,omitempty"`
	// Cmp is -1 if the left value is less than the right one, 0 if they are equal, and 1 if it is greater.
	Cmp *int `json:"cmp,omitempty"`
	// Sum is left plus right, Difference is left minus right, Multiple is left times factor.
	Sum        *Result `json:"sum,omitempty"`
	Difference *Result `json:"difference,omitempty"`
	Multiple   *Result `json:"multiple,omitempty"`
}

// maxLength bounds the text of a quantity, in characters.
const maxLength = 256

var longExponent = regexp.MustCompile(`^[+-]?[0-9]*(\.[0-9]*)?[eE][+-]?0*[1-9][0-9]{3,}$`)

// parse returns a quantity, or the reason why text is rejected.
func parse(text string) (resource.Quantity, string) {
	quantity, reason := parseText(text)
	if reason == "" && !readable(quantity) {
		return resource.Quantity{}, "range"
	}
	return quantity, reason
}

// parseText applies the limits on the text, but not the one on the canonical string.
func parseText(text string) (resource.Quantity, string) {
	if utf8.RuneCountInString(text) > maxLength || longExponent.MatchString(text) {
		return resource.Quantity{}, "range"
	}
	quantity, err := resource.ParseQuantity(text)
	switch {
	case err == nil:
		return quantity, ""
	case errors.Is(err, resource.ErrFormatWrong):
		return quantity, "format"
	case errors.Is(err, resource.ErrNumeric):
		return quantity, "numeric"
	case errors.Is(err, resource.ErrSuffix):
		return quantity, "suffix"
	}
	panic(fmt.Sprintf("%q: unexpected error: %v", text, err))
}

// readable reports whether the canonical string of quantity is within the limits on a text.
func readable(quantity resource.Quantity) bool {
	text := canonical(quantity)
	_, reason := parseText(text)
	if reason != "" && reason != "range" {
		panic(fmt.Sprintf("Go rejects its own %q: %s", text, reason))
	}
	return reason == ""
}

func canonical(quantity resource.Quantity) string {
	quantity = quantity.DeepCopy()
	number, suffix := quantity.CanonicalizeBytes(nil)
	return string(number) + string(suffix)
}

func exact(quantity resource.Quantity) string {
	quantity = quantity.DeepCopy()
	decimal := quantity.AsDec()
	digits := decimal.UnscaledBig().String()
	if digits == "0" {
		return "0e0"
	}
	stripped := strings.TrimRight(digits, "0")
	return fmt.Sprintf("%se%d", stripped, len(digits)-len(stripped)-int(decimal.Scale()))
}

// capped reports whether quantity is a cap that Go put in place of the value of text.
func capped(text string, quantity resource.Quantity) bool {
	bound := inf.NewDec(1<<63-1, 0)
	value := quantity.DeepCopy()
	if quantity.Format != resource.BinarySI || new(inf.Dec).Abs(value.AsDec()).Cmp(bound) != 0 {
		return false
	}
	written, ok := new(inf.Dec).SetString(strings.TrimRight(text, "KMGTPEi"))
	if !ok {
		panic(fmt.Sprintf("%q: no number before the suffix", text))
	}
	power := uint(10 * (1 + strings.IndexByte("KMGTPE", text[len(text)-2])))
	written.UnscaledBig().Lsh(written.UnscaledBig(), power)
	return written.Abs(written).Cmp(bound) > 0
}

// fitsInt64 reports whether quantity, counted in units of 10^-places and rounded away from zero, fits an int64.
func fitsInt64(quantity resource.Quantity, places int64) bool {
	quantity = quantity.DeepCopy()
	decimal := quantity.AsDec()
	if -int64(decimal.Scale())+places > 40 {
		return decimal.Sign() == 0
	}
	steps := new(big.Rat).SetInt(new(big.Int).Abs(decimal.UnscaledBig()))
	scale := int64(decimal.Scale()) - places
	power := new(big.Rat).SetInt(new(big.Int).Exp(big.NewInt(10), big.NewInt(max(scale, -scale)), nil))
	if scale > 0 {
		steps.Quo(steps, power)
	} else {
		steps.Mul(steps, power)
	}
	return steps.Cmp(new(big.Rat).SetInt64(1<<63-1)) <= 0
}

// inUnits returns value(quantity), or nil if it does not fit an int64.
func inUnits(quantity resource.Quantity, places int64, value func(*resource.Quantity) int64) *int64 {
	if !fitsInt64(quantity, places) {
		return nil
	}
	quantity = quantity.DeepCopy()
	negative := quantity.Sign() < 0
	if negative {
		quantity.Neg()
	}
	answer := value(&quantity)
	if negative {
		answer = -answer
	}
	return &answer
}

func answer(text string) Answer {
	quantity, reason := parse(text)
	if reason != "" {
		return Answer{Reason: reason}
	}
	out := Answer{
		Value:     exact(quantity),
		Capped:    capped(text, quantity),
		Format:    string(quantity.Format),
		Canonical: canonical(quantity),
		Whole:     inUnits(quantity, 0, (*resource.Quantity).Value),
		Milli:     inUnits(quantity, 3, (*resource.Quantity).MilliValue),
	}
	out.Again = canonical(mustParse(out.Canonical))
	third := mustParse(out.Again)
	out.String = third.String()
	up := quantity.DeepCopy()
	up.RoundUp(resource.Milli)
	out.Rounded = canonical(up)
	return out
}

// mustParse parses a text that is known to be valid.
func mustParse(text string) resource.Quantity {
	quantity, reason := parse(text)
	if reason != "" {
		panic(fmt.Sprintf("%q: %s", text, reason))
	}
	return quantity
}

func result(quantity resource.Quantity) *Result {
	if !readable(quantity) {
		return &Result{Reason: "range"}
	}
	return &Result{Value: exact(quantity), Format: string(quantity.Format), Canonical: canonical(quantity)}
}

func answerPair(leftText, rightText string, factor int64) PairAnswer {
	left, leftReason := parse(leftText)
	right, rightReason := parse(rightText)
	if leftReason != "" || rightReason != "" {
		return PairAnswer{Refused: true}
	}
	sum, difference, multiple := left.DeepCopy(), left.DeepCopy(), left.DeepCopy()
	sum.Add(right.DeepCopy())
	difference.Sub(right.DeepCopy())
	multiple.Mul(factor)
	a, b := left.DeepCopy(), right.DeepCopy()
	order := a.Cmp(b)
	return PairAnswer{Cmp: &order, Sum: result(sum), Difference: result(difference), Multiple: result(multiple)}
}

func encoder(writer io.Writer) *json.Encoder {
	encoder := json.NewEncoder(writer)
	encoder.SetEscapeHTML(false)
	return encoder
}

func serve(reader io.Reader, writer io.Writer) error {
	in := bufio.NewReaderSize(reader, 1<<20)
	out := bufio.NewWriterSize(writer, 1<<20)
	encode := encoder(out)
	for {
		line, err := in.ReadBytes('\n')
		if len(line) > 0 {
			var request Request
			if err := json.Unmarshal(line, &request); err != nil {
				return err
			}
			var reply any
			switch {
			case request.Text != nil:
				reply = answer(*request.Text)
			case request.Left != nil && request.Right != nil && request.Factor != nil:
				reply = answerPair(*request.Left, *request.Right, *request.Factor)
			default:
				return fmt.Errorf("neither a text nor a pair: %s", line)
			}
			if err := encode.Encode(reply); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return out.Flush()
		} else if err != nil {
			return err
		}
		if in.Buffered() == 0 {
			if err := out.Flush(); err != nil {
				return err
			}
		}
	}
}

func main() {
	err := error(nil)
	if len(os.Args) > 1 && os.Args[1] == "vectors" {
		err = writeVectors(os.Stdout)
	} else {
		err = serve(os.Stdin, os.Stdout)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "oracle:", err)
		os.Exit(1)
	}
}
