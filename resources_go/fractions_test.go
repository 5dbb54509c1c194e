package resources_test

import (
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"

	"k8s.io/apimachinery/pkg/api/resource"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

// exact returns the value of a valid text by the specification, computed without Go's Quantity.
func exact(text string) *big.Rat {
	number := strings.TrimRight(text, "numkKMGTPEi")
	suffix := text[len(number):]
	mantissa, exponent, isExponent := strings.Cut(strings.ToLower(number), "e")
	value, ok := new(big.Rat).SetString(mantissa)
	if !ok {
		panic(text)
	}
	ten := big.NewInt(10)
	if isExponent {
		value, _ = new(big.Rat).SetString(mantissa + "e" + exponent)
	} else if strings.HasSuffix(suffix, "i") {
		value.Mul(value, new(big.Rat).SetInt(new(big.Int).Lsh(big.NewInt(1), uint(10*(1+strings.Index("KMGTPE", suffix[:1]))))))
	} else if suffix != "" {
		power := map[string]int64{"n": -9, "u": -6, "m": -3, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}[suffix]
		scale := new(big.Rat).SetInt(new(big.Int).Exp(ten, big.NewInt(max(power, -power)), nil))
		if power < 0 {
			scale.Inv(scale)
		}
		value.Mul(value, scale)
	}
	return value
}

// ceil rounds away from zero to a multiple of 1/unit.
func ceil(value *big.Rat, unit int64) *big.Rat {
	scaled := new(big.Rat).Mul(value, big.NewRat(unit, 1))
	whole, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	if rest.Sign() != 0 {
		whole.Add(whole, big.NewInt(int64(rest.Sign())))
	}
	return new(big.Rat).SetFrac(whole, big.NewInt(unit))
}

// Range, sign, wholeness, comparison and rounding agree with exact fractions.
func TestAgainstFractions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	digits := func(most int) string {
		out := make([]byte, random.IntN(most+1))
		for i := range out {
			out[i] = "0011234567899"[random.IntN(13)]
		}
		return string(out)
	}
	special := []string{"9223372036854775807", "9223372036854775808", "9007199254740991.9990234375", "9223372036854775", "9223372036854776", "8191.999999999999999", "7.99", "8"}
	suffixes := []string{"", "", "n", "u", "m", "k", "M", "G", "T", "P", "E", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-9", "e-12", "e18", "e+25", "e0999"}
	text := func() string {
		number := digits(21)
		if random.IntN(2) == 0 {
			number += "." + digits(14)
		}
		if random.IntN(6) == 0 {
			number = special[random.IntN(len(special))] + map[bool]string{true: digits(5)}[random.IntN(3) == 0]
		}
		if strings.Trim(number, ".") == "" {
			number = "7"
		}
		return []string{"", "", "", "-", "+"}[random.IntN(5)] + number + suffixes[random.IntN(len(suffixes))]
	}
	largest, mostGPUs := new(big.Rat).SetInt64(1<<63-1), new(big.Rat).SetInt64(9223372036854775)
	check := func(name pb.Resources_ResourceName, value *big.Rat) string {
		switch {
		case new(big.Rat).Abs(value).Cmp(largest) > 0, name == gpu && value.Cmp(mostGPUs) > 0:
			return "OUT_OF_RANGE"
		case value.Sign() < 0:
			return "NEGATIVE"
		case name == gpu && !ceil(value, 1e9).IsInt():
			return "NOT_WHOLE"
		}
		return ""
	}
	seen := map[string]int{}
	for range 60_000 {
		name := []pb.Resources_ResourceName{cpu, gpu, memory}[random.IntN(3)]
		a, b := text(), text()
		if random.IntN(3) == 0 {
			b = a
			if last := a[len(a)-1]; strings.Contains(a, ".") && !strings.ContainsAny(a, "eE") && last >= '0' && last <= '9' {
				b += "1"
			}
		}
		if name == gpu && random.IntN(8) == 0 {
			a, b = []string{"1", "2", "8"}[random.IntN(3)], []string{"1", "2", "8"}[random.IntN(3)]
		}
		if len(a) > 64 || len(b) > 64 {
			continue
		}
		if _, err := resource.ParseQuantity(b); err != nil {
			continue // a suffix followed by a digit
		}
		m := message(entries(entry(name, a)), entries(entry(name, b)))
		x, y := exact(a), exact(b)
		var want []string
		first, second := check(name, x), check(name, y)
		switch rx, ry := ceil(ceil(x, 1e9), 1e3), ceil(ceil(y, 1e9), 1e3); {
		case first == "" && second == "" && rx.Cmp(ry) > 0:
			want = []string{"requests[0].value REQUEST_ABOVE_LIMIT"}
		case first == "" && second == "" && rx.Cmp(ry) < 0 && name == gpu:
			want = []string{"requests[0].value REQUEST_NOT_EQUAL_LIMIT"}
		}
		if second != "" {
			want = append([]string{"limits[0].value " + second}, want...)
		}
		if first != "" {
			want = append([]string{"requests[0].value " + first}, want...)
		}
		for _, w := range want {
			seen[w]++
		}
		got, err := resources.FromProto(m)
		if bad := violations(t, err); strings.Join(bad, ",") != strings.Join(want, ",") {
			t.Fatalf("%s, %s, %s: got %v, want %v", name, a, b, bad, want)
		}
		if err != nil {
			continue
		}
		seen["valid"]++
		back, err := resources.ToProto(resources.Defaulted(got))
		if err != nil {
			t.Fatal(err)
		}
		if value := back.GetRequests()[0].GetValue(); exact(value).Cmp(ceil(ceil(x, 1e9), 1e3)) != 0 {
			t.Fatalf("%s: rounded to %s", a, value)
		}
		back, err = resources.ToProto(got)
		if err != nil {
			t.Fatal(err)
		}
		if value := back.GetLimits()[0].GetValue(); exact(value).Cmp(ceil(y, 1e9)) != 0 {
			t.Fatalf("%s: sent as %s", b, value)
		}
	}
	for _, reason := range []string{
		"requests[0].value OUT_OF_RANGE", "requests[0].value NEGATIVE", "requests[0].value NOT_WHOLE", "valid",
		"requests[0].value REQUEST_ABOVE_LIMIT", "requests[0].value REQUEST_NOT_EQUAL_LIMIT",
	} {
		if seen[reason] < 150 {
			t.Errorf("%s seen only %d times", reason, seen[reason])
		}
	}
	t.Log(seen)
}
