// Command oracle answers what the Kubernetes resource.Quantity of Go makes of a text.
//
// With no argument it reads JSON lines and writes one JSON line for each, in order:
//
//	{"text": "1.5Gi"}                        what becomes of one text (Answer)
//	{"left": "1", "right": "1Ki", "factor": "3"}   compare, add, subtract and multiply (PairAnswer)
//
// With the argument "vectors" it writes the vectors: the chosen cases of cases.go with their answers.
//
// It is the judge of every other implementation, so it holds nothing of any of them: all it adds to the package is the
// limit of three digits on an exponent, without which a short text keeps Go busy for minutes.
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

// Answer is what Go makes of one text. Of a text that is refused it holds the reason only.
type Answer struct {
	// Reason is why the text is refused: "format", "numeric" or "suffix", Go's three errors, or "range".
	Reason string `json:"reason,omitempty"`
	// Value is the exact value, after the parser's rounding and capping: a whole number not ending in 0, "e", exponent.
	Value string `json:"value,omitempty"`
	// Capped says that the text is a BinarySI one beyond 2^63-1 in size, for which the parser puts 2^63-1.
	Capped bool `json:"capped,omitempty"`
	// Format is DecimalSI, BinarySI or DecimalExponent.
	Format string `json:"format,omitempty"`
	// Canonical is what CanonicalizeBytes prints; String() may return the text itself instead.
	Canonical string `json:"canonical,omitempty"`
	// Again is Canonical parsed and printed once more. It is absent if the limit on exponents refuses Canonical.
	Again string `json:"again,omitempty"`
	// String is what String() prints for Again: the same, for a value within int64.
	String string `json:"string,omitempty"`
	// Rounded is what CanonicalizeBytes prints after RoundUp(Milli), which is what the API server stores.
	Rounded string `json:"rounded,omitempty"`
	// Whole is Value(), and Milli MilliValue(), where they fit an int64. (Of a negative number it is the opposite of
	// what Go answers for its opposite: Go rounds some negative numbers towards zero here, and RoundUp never does.)
	// They and Factor are strings in JSON, of which many readers take numbers for floats.
	Whole *int64 `json:"whole,omitempty,string"`
	Milli *int64 `json:"milli,omitempty,string"`
}

// Result is a quantity that was calculated.
type Result struct {
	Value     string `json:"value"`
	Format    string `json:"format"`
	Canonical string `json:"canonical"`
}

// PairAnswer is what Go makes of two texts, both accepted, and of a factor.
type PairAnswer struct {
	// Refused says that one of the texts is; then there is no more.
	Refused bool `json:"refused,omitempty"`
	// Cmp is -1 where the left one is less, 0 where they are equal, and 1 where it is greater.
	Cmp *int `json:"cmp,omitempty"`
	// Sum and Difference are of the two, Multiple is of the left one and the factor.
	Sum        *Result `json:"sum,omitempty"`
	Difference *Result `json:"difference,omitempty"`
	Multiple   *Result `json:"multiple,omitempty"`
}

var farExponent = regexp.MustCompile(`^[+-]?[0-9]*(\.[0-9]*)?[eE][+-]?0*[1-9][0-9]{3,}$`)

func parse(text string) (resource.Quantity, string) {
	if farExponent.MatchString(text) {
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
	panic(fmt.Sprintf("%q: an error of a fourth kind: %v", text, err))
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

// capped says whether text, which quantity was parsed from, is beyond what Go put in its place.
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

// fits says whether an int64 holds the number of steps of 10^-places that quantity makes, counted away from zero.
func fits(quantity resource.Quantity, places int64) bool {
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

func whole(quantity resource.Quantity, places int64, value func(*resource.Quantity) int64) *int64 {
	if !fits(quantity, places) {
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
		Whole:     whole(quantity, 0, (*resource.Quantity).Value),
		Milli:     whole(quantity, 3, (*resource.Quantity).MilliValue),
	}
	if second, reason := parse(out.Canonical); reason == "" {
		out.Again = canonical(second)
		if third, reason := parse(out.Again); reason == "" {
			out.String = third.String()
		}
	} else if reason != "range" {
		panic(fmt.Sprintf("%q: Go refuses its own %q", text, out.Canonical))
	}
	up := quantity.DeepCopy()
	up.RoundUp(resource.Milli)
	out.Rounded = canonical(up)
	return out
}

func result(quantity resource.Quantity) *Result {
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
