package resources_test

import (
	"errors"
	"fmt"
	"math/big"
	"math/rand/v2"
	"strings"
	"testing"
	"unicode/utf8"

	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	inf "gopkg.in/inf.v0"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

const (
	cpu       = pb.Resources_CPU
	gpu       = pb.Resources_GPU
	memory    = pb.Resources_MEMORY
	storage   = pb.Resources_STORAGE
	ephemeral = pb.Resources_EPHEMERAL_STORAGE
	unknown   = pb.Resources_UNKNOWN
)

func entry(name pb.Resources_ResourceName, value string) *pb.Resources_ResourceEntry {
	return &pb.Resources_ResourceEntry{Name: name, Value: value}
}

func entries(list ...*pb.Resources_ResourceEntry) []*pb.Resources_ResourceEntry { return list }

func message(requests, limits []*pb.Resources_ResourceEntry) *pb.Resources {
	return &pb.Resources{Requests: requests, Limits: limits}
}

// violations gives "field REASON" for each, after checking what holds for all of them.
func violations(t *testing.T, err error) []string {
	t.Helper()
	if err == nil {
		return nil
	}
	var bad *resources.Error
	if !errors.As(err, &bad) {
		t.Fatalf("got %v, want a *resources.Error", err)
	}
	if len(bad.Violations) == 0 {
		t.Fatal("an error without violations")
	}
	var out []string
	for _, v := range bad.Violations {
		if len(v.Description) == 0 || len(v.Description) > 120 || !utf8.ValidString(v.Description) {
			t.Errorf("%s: %d bytes: %q", v.Field, len(v.Description), v.Description)
		}
		if strings.ContainsFunc(v.Description, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%s: not escaped: %q", v.Field, v.Description)
		}
		out = append(out, v.Field+" "+v.Reason)
	}
	return out
}

func equal(t *testing.T, got, want []string) {
	t.Helper()
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("got\n  %s\nwant\n  %s", strings.Join(got, "\n  "), strings.Join(want, "\n  "))
	}
}

func TestFromProtoGivesWhatTheMessageSays(t *testing.T) {
	for _, c := range []struct {
		name, value string
		as          pb.Resources_ResourceName
		want        string
		format      resource.Format
	}{
		{"whole", "2", cpu, "2", resource.DecimalSI},
		{"milli", "500m", cpu, "500m", resource.DecimalSI},
		{"fraction", "0.5", cpu, "500m", resource.DecimalSI},
		{"kept text: plus", "+1", cpu, "1", resource.DecimalSI},
		{"kept text: leading zeros", "001", cpu, "1", resource.DecimalSI},
		{"kept text: trailing point", "5.", cpu, "5", resource.DecimalSI},
		{"kept text: exponent", "1E3", cpu, "1e3", resource.DecimalExponent},
		{"kept text: trailing zeros", "1.500", cpu, "1500m", resource.DecimalSI},
		{"kept text: binary", "1025Ki", memory, "1025Ki", resource.BinarySI},
		{"not rounded", "1u", cpu, "1u", resource.DecimalSI},
		{"finer than nano", "0.1n", cpu, "1n", resource.DecimalSI},
		{"binary", "1Gi", memory, "1Gi", resource.BinarySI},
		{"binary of binary", "1024Mi", memory, "1Gi", resource.BinarySI},
		{"binary as plain digits", "31.25Ki", memory, "32000", resource.BinarySI},
		{"zero", "0", memory, "0", resource.DecimalSI},
		{"zero with a suffix", "0Gi", memory, "0", resource.BinarySI},
		{"no digits", "k", memory, "0", resource.DecimalSI},
		{"leading zeros of an exponent", "1e0003", memory, "1e3", resource.DecimalExponent},
		{"largest", "9223372036854775807", memory, "9223372036854775807", resource.DecimalSI},
		{"largest, uncapped binary", "9007199254740991.9990234375Ki", memory, "9223372036854775807", resource.BinarySI},
		{"64 bytes", strings.Repeat("0", 63) + "1", memory, "1", resource.DecimalSI},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := resources.FromProto(message(entries(entry(c.as, c.value)), nil))
			if err != nil {
				t.Fatal(err)
			}
			if got.Limits != nil || len(got.Requests) != 1 {
				t.Fatalf("got %v", got)
			}
			name := map[pb.Resources_ResourceName]corev1.ResourceName{cpu: corev1.ResourceCPU, memory: corev1.ResourceMemory}[c.as]
			q := got.Requests[name]
			if q.String() != c.want || q.Format != c.format {
				t.Errorf("got %s, %s; want %s, %s", q.String(), q.Format, c.want, c.format)
			}
			parsed := resource.MustParse(c.value)
			if q.Cmp(parsed) != 0 {
				t.Errorf("%s is not %s", q.String(), c.value)
			}
		})
	}
}

func TestFromProtoNames(t *testing.T) {
	all := entries(entry(ephemeral, "10Gi"), entry(gpu, "1"), entry(memory, "1Gi"), entry(cpu, "500m"))
	got, err := resources.FromProto(message(all, all), resources.GPUResource("amd.com/gpu"))
	if err != nil {
		t.Fatal(err)
	}
	want := corev1.ResourceList{
		"cpu": resource.MustParse("500m"), "memory": resource.MustParse("1Gi"),
		"amd.com/gpu": resource.MustParse("1"), "ephemeral-storage": resource.MustParse("10Gi"),
	}
	for _, list := range []corev1.ResourceList{got.Requests, got.Limits} {
		if len(list) != len(want) {
			t.Errorf("got %v", list)
		}
		for name, q := range want {
			if q.Cmp(list[name]) != 0 {
				t.Errorf("%s: got %v", name, list[name])
			}
		}
	}
	for _, m := range []*pb.Resources{nil, {}} {
		if got, err := resources.FromProto(m); err != nil || got.Requests != nil || got.Limits != nil {
			t.Errorf("empty: got %v, %v", got, err)
		}
	}
}

func TestFromProtoViolations(t *testing.T) {
	seventeen := make([]*pb.Resources_ResourceEntry, 17)
	for i := range seventeen {
		seventeen[i] = entry(cpu, "nonsense")
	}
	for _, c := range []struct {
		name             string
		requests, limits []*pb.Resources_ResourceEntry
		want             []string
	}{
		{"too many, none looked at, the other list is", seventeen, entries(entry(cpu, "x")),
			[]string{"requests TOO_MANY_ENTRIES", "limits[0].value INVALID_QUANTITY"}},
		{"sixteen are looked at", nil, seventeen[:2],
			[]string{"limits[0].value INVALID_QUANTITY", "limits[1].name DUPLICATE_NAME"}},
		{"unsupported", entries(entry(unknown, "1"), entry(storage, "x"), entry(42, "1"), entry(-1, "1"), nil), nil,
			[]string{"requests[0].name UNSUPPORTED_NAME", "requests[1].name UNSUPPORTED_NAME",
				"requests[2].name UNSUPPORTED_NAME", "requests[3].name UNSUPPORTED_NAME", "requests[4].name UNSUPPORTED_NAME"}},
		{"duplicates, be the first sound or not",
			entries(entry(cpu, "1"), entry(memory, "x"), entry(cpu, "y"), entry(memory, "1"), entry(cpu, "1")), nil,
			[]string{"requests[1].value INVALID_QUANTITY", "requests[2].name DUPLICATE_NAME",
				"requests[3].name DUPLICATE_NAME", "requests[4].name DUPLICATE_NAME"}},
		{"empty", entries(entry(cpu, "")), nil, []string{"requests[0].value INVALID_QUANTITY"}},
		{"white space", entries(entry(cpu, "1 ")), nil, []string{"requests[0].value INVALID_QUANTITY"}},
		{"not UTF-8", entries(entry(cpu, "1\xff")), nil, []string{"requests[0].value INVALID_QUANTITY"}},
		{"line break", entries(entry(cpu, "1e1000\n")), nil, []string{"requests[0].value INVALID_QUANTITY"}},
		{"65 bytes", entries(entry(memory, strings.Repeat("0", 64)+"1")), nil,
			[]string{"requests[0].value INVALID_QUANTITY"}},
		{"22 characters of 3 bytes", entries(entry(memory, strings.Repeat("\u20ac", 22))), nil,
			[]string{"requests[0].value INVALID_QUANTITY"}},
		{"length stands before exponent", entries(entry(memory, "1e"+strings.Repeat("9", 63))), nil,
			[]string{"requests[0].value INVALID_QUANTITY"}},
		{"exponents", entries(entry(memory, "1e-50000000"), entry(cpu, "0e1000")), entries(entry(memory, "e+0001000")),
			[]string{"requests[0].value OUT_OF_RANGE", "requests[1].value OUT_OF_RANGE", "limits[0].value OUT_OF_RANGE"}},
		{"exponent before quantity", entries(entry(memory, ".E99999999999999999999")), nil,
			[]string{"requests[0].value OUT_OF_RANGE"}},
		{"size", entries(entry(memory, "9223372036854775808"), entry(cpu, "-1e30")),
			entries(entry(memory, "-9223372036854775808"), entry(ephemeral, "9223372036854775807.0000000001")),
			[]string{"requests[0].value OUT_OF_RANGE", "requests[1].value OUT_OF_RANGE",
				"limits[0].value OUT_OF_RANGE", "limits[1].value OUT_OF_RANGE"}},
		{"capped", entries(entry(memory, "8Ei"), entry(ephemeral, "-8Ei")),
			entries(entry(memory, "9007199254740991.99902343750000000000000000001Ki")),
			[]string{"requests[0].value OUT_OF_RANGE", "requests[1].value OUT_OF_RANGE", "limits[0].value OUT_OF_RANGE"}},
		{"at the cap, below zero", entries(entry(memory, "-9007199254740991.9990234375Ki")), nil,
			[]string{"requests[0].value NEGATIVE"}},
		{"negative", entries(entry(cpu, "-0.1n"), entry(gpu, "-0.5")), nil,
			[]string{"requests[0].value NEGATIVE", "requests[1].value NEGATIVE"}},
		{"whole", entries(entry(gpu, "0.9999")), entries(entry(gpu, "1.0000000001")),
			[]string{"requests[0].value NOT_WHOLE", "limits[0].value NOT_WHOLE"}},
		{"above", entries(entry(memory, "1Gi"), entry(cpu, "1001m")), entries(entry(cpu, "1"), entry(memory, "1G")),
			[]string{"requests[1].value REQUEST_ABOVE_LIMIT", "requests[0].value REQUEST_ABOVE_LIMIT"}},
		{"above, but not once rounded", entries(entry(cpu, "1.0001")), entries(entry(cpu, "1001m")), nil},
		{"above, both rounded to the same", entries(entry(cpu, "1.0009")), entries(entry(cpu, "1.0001")), nil},
		{"only the first of a name is compared, if sound",
			entries(entry(cpu, "x"), entry(cpu, "9"), entry(memory, "9")),
			entries(entry(cpu, "1"), entry(memory, "1"), entry(memory, "9")),
			[]string{"requests[0].value INVALID_QUANTITY", "requests[1].name DUPLICATE_NAME",
				"limits[2].name DUPLICATE_NAME", "requests[2].value REQUEST_ABOVE_LIMIT"}},
		{"gpu above", entries(entry(gpu, "2")), entries(entry(gpu, "1")), []string{"requests[0].value REQUEST_ABOVE_LIMIT"}},
		{"gpu below", entries(entry(gpu, "1")), entries(entry(gpu, "2")),
			[]string{"requests[0].value REQUEST_NOT_EQUAL_LIMIT"}},
		{"gpu equal", entries(entry(gpu, "1000m")), entries(entry(gpu, "1")), nil},
		{"gpu without limit", entries(entry(gpu, "0")), entries(entry(cpu, "1")),
			[]string{"requests[0].value LIMIT_REQUIRED"}},
		{"gpu with an unsound limit", entries(entry(gpu, "1")), entries(entry(gpu, "x")),
			[]string{"limits[0].value INVALID_QUANTITY"}},
		{"unsound gpu without limit", entries(entry(gpu, "x")), nil, []string{"requests[0].value INVALID_QUANTITY"}},
		{"gpu with too many limits", entries(entry(gpu, "1")), seventeen, []string{"limits TOO_MANY_ENTRIES"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := resources.FromProto(message(c.requests, c.limits))
			equal(t, violations(t, err), c.want)
		})
	}
}

func TestAdvice(t *testing.T) {
	for text, want := range map[string]string{
		"123Mb":                        `"123Mb" is not a quantity: did you mean 123M or 123Mi?`,
		"1gb":                          `"1gb" is not a quantity: did you mean 1G or 1Gi?`,
		"1GiB":                         `"1GiB" is not a quantity: did you mean 1Gi?`,
		"1mi":                          `"1mi" is not a quantity: did you mean 1Mi?`,
		"1K":                           `"1K" is not a quantity: did you mean 1k or 1Ki?`,
		" 500m":                        `" 500m" is not a quantity: did you mean 500m?`,
		"1 Gi":                         `"1 Gi" is not a quantity: did you mean 1Gi?`,
		"12b":                          `"12b" is not a quantity: did you mean 12?`,
		"":                             `"" is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
		"1e":                           `"1e" is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
		"lots":                         `"lots" is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
		"1,5":                          `"1,5" is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
		"\x00\"\u20ac":                 `"\x00\"\u20ac" is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
		strings.Repeat("9", 65):        `"9999999999999999999999999999... has more than 64 bytes: write a number and a suffix, such as 500m or 1Gi`,
		strings.Repeat("é", 30):        `"\u00e9\u00e9\u00e9\u00e9\u00... is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
		strings.Repeat("7", 40) + "Mb": `"7777777777777777777777777777... is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
	} {
		_, err := resources.FromProto(message(entries(entry(memory, text)), nil))
		violations(t, err)
		var bad *resources.Error
		if errors.As(err, &bad); bad.Violations[0].Description != want {
			t.Errorf("%q:\n got %s\nwant %s", text, bad.Violations[0].Description, want)
		}
	}
}

func TestErrorIsAStatus(t *testing.T) {
	m := message(entries(entry(cpu, "1Gb"), entry(memory, "-1"), entry(storage, "1")), nil)
	_, err := resources.FromProto(m, resources.FieldPrefix("resources."))
	for _, err := range []error{err, fmt.Errorf("submit: %w", err)} {
		s, ok := status.FromError(err)
		if !ok || s.Code() != codes.InvalidArgument || len(s.Details()) != 1 {
			t.Fatalf("got %v", s)
		}
		bad, ok := s.Details()[0].(*errdetails.BadRequest)
		if !ok || len(bad.GetFieldViolations()) != 3 {
			t.Fatalf("got %v", s.Details())
		}
		first := bad.GetFieldViolations()[0]
		if first.GetField() != "resources.requests[0].value" || first.GetReason() != "INVALID_QUANTITY" ||
			first.GetDescription() != `"1Gb" is not a quantity: did you mean 1G or 1Gi?` {
			t.Errorf("got %v", first)
		}
	}
	if want := `resources.requests[0].value: "1Gb" is not a quantity: did you mean 1G or 1Gi? (and 2 more)`; err.Error() != want {
		t.Errorf("got %s", err)
	}
	if got := (&resources.Error{}).GRPCStatus().Code(); got != codes.InvalidArgument {
		t.Errorf("got %s", got)
	}
}

// The details travel in a trailer, base64: with the message beside them, the worst message must stay within 8 KiB.
func TestDetailsFitATrailer(t *testing.T) {
	awful := strings.Repeat("\x01", 64)
	var list []*pb.Resources_ResourceEntry
	for _, name := range []pb.Resources_ResourceName{cpu, gpu, memory, ephemeral} {
		list = append(list, entry(name, awful))
	}
	for len(list) < 16 {
		list = append(list, entry(-1<<31, awful))
	}
	_, err := resources.FromProto(message(list, list), resources.FieldPrefix("resources."))
	if got := len(violations(t, err)); got != 32 {
		t.Fatalf("got %d violations", got)
	}
	data, err := proto.Marshal(status.Convert(err).Proto())
	if err != nil {
		t.Fatal(err)
	}
	if size := len(data)*4/3 + len(status.Convert(err).Message()); size > 8000 {
		t.Errorf("%d bytes", size)
	}
}

func TestToProto(t *testing.T) {
	q := resource.MustParse
	list := corev1.ResourceList{
		"ephemeral-storage": q("10Gi"), "nvidia.com/gpu": q("1"), "memory": q("31.25Ki"), "cpu": q("1E3"),
	}
	got, err := resources.ToProto(corev1.ResourceRequirements{Requests: list, Limits: list})
	if err != nil {
		t.Fatal(err)
	}
	want := entries(entry(cpu, "1e3"), entry(memory, "32k"), entry(gpu, "1"), entry(ephemeral, "10Gi"))
	if !proto.Equal(got, message(want, want)) {
		t.Errorf("got %v", got)
	}
	if kept := list["cpu"]; kept.String() != "1E3" {
		t.Errorf("the caller's quantity has changed: %s", kept.String())
	}
	if got, err := resources.ToProto(corev1.ResourceRequirements{Limits: corev1.ResourceList{}}); err != nil || proto.Size(got) != 0 {
		t.Errorf("empty: got %v, %v", got, err)
	}
}

func TestToProtoQuantitiesThatNoTextGives(t *testing.T) {
	huge := *resource.NewDecimalQuantity(*inf.NewDec(1, -50_000_000), resource.DecimalSI)
	for _, c := range []struct {
		q    resource.Quantity
		want string
	}{
		{resource.Quantity{}, "0"},
		{*resource.NewQuantity(5, ""), "5"},
		{*resource.NewScaledQuantity(1, -12), "1n"}, // which would print 1, its suffix dropped
		{*resource.NewDecimalQuantity(*inf.NewDec(1, 30), resource.BinarySI), "1n"},
		{*resource.NewDecimalQuantity(*inf.NewDec(0, -50_000_000), resource.DecimalSI), "0"},
		{resource.MustParse("0e50000000"), "0"},
		{*resource.NewScaledQuantity(1, resource.Exa), "1E"},
		{resource.MustParse("1e50000000"), "OUT_OF_RANGE"},
		{huge, "OUT_OF_RANGE"},
		{*resource.NewScaledQuantity(1, 21), "OUT_OF_RANGE"},
		{*resource.NewQuantity(-1<<63, resource.DecimalSI), "OUT_OF_RANGE"},
		{*resource.NewQuantity(-1, resource.DecimalSI), "NEGATIVE"},
	} {
		m, err := resources.ToProto(corev1.ResourceRequirements{Requests: corev1.ResourceList{"memory": c.q}})
		got := ""
		if bad := violations(t, err); bad != nil {
			got = strings.TrimPrefix(bad[0], `requests["memory"] `)
		} else {
			got = m.GetRequests()[0].GetValue()
		}
		if got != c.want {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestToProtoViolations(t *testing.T) {
	q := resource.MustParse
	_, err := resources.ToProto(corev1.ResourceRequirements{
		Requests: corev1.ResourceList{
			"memory": q("2Gi"), "nvidia.com/gpu": q("1"), "hugepages-2Mi": q("1"), "amd.com/gpu": q("1"), "cpu": q("-1"),
		},
		Limits: corev1.ResourceList{"memory": q("1Gi"), "e\"\n": q("1"), "ephemeral-storage": q("1e30")},
		Claims: []corev1.ResourceClaim{{Name: "claim"}},
	}, resources.FieldPrefix("spec."))
	equal(t, violations(t, err), []string{
		`spec.requests["cpu"] NEGATIVE`,
		`spec.requests["amd.com/gpu"] UNKNOWN_KEY`,
		`spec.requests["hugepages-2Mi"] UNKNOWN_KEY`,
		`spec.limits["ephemeral-storage"] OUT_OF_RANGE`,
		`spec.limits["e\"\n"] UNKNOWN_KEY`,
		`spec.claims UNKNOWN_KEY`,
		`spec.requests["memory"] REQUEST_ABOVE_LIMIT`,
		`spec.requests["nvidia.com/gpu"] LIMIT_REQUIRED`,
	})
}

func TestGPUResourceMustBeAnExtendedResource(t *testing.T) {
	for _, name := range []corev1.ResourceName{"", "cpu", "gpu", "memory", "a b/c", "/gpu"} {
		if _, err := resources.FromProto(nil, resources.GPUResource(name)); err == nil {
			t.Errorf("%q: FromProto takes it", name)
		}
		if _, err := resources.ToProto(corev1.ResourceRequirements{}, resources.GPUResource(name)); err == nil {
			t.Errorf("%q: ToProto takes it", name)
		}
	}
}

func TestDefaulted(t *testing.T) {
	q := resource.MustParse
	in := corev1.ResourceRequirements{
		Requests: corev1.ResourceList{"cpu": q("1u"), "ephemeral-storage": q("1")},
		Limits:   corev1.ResourceList{"cpu": q("1.0001"), "memory": q("100.5m")},
	}
	before := in.DeepCopy()
	got, err := resources.ToProto(resources.Defaulted(in))
	if err != nil {
		t.Fatal(err)
	}
	want := message(entries(entry(cpu, "1m"), entry(memory, "101m"), entry(ephemeral, "1")),
		entries(entry(cpu, "1001m"), entry(memory, "101m")))
	if !proto.Equal(got, want) {
		t.Errorf("got %v", got)
	}
	if fmt.Sprint(in) != fmt.Sprint(*before) {
		t.Errorf("the caller's requirements have changed: %v", in)
	}
	if got := resources.Defaulted(corev1.ResourceRequirements{}); got.Requests != nil || got.Limits != nil {
		t.Errorf("empty: got %v", got)
	}
	if got := resources.Defaulted(corev1.ResourceRequirements{Limits: in.Limits}); len(got.Requests) != 2 {
		t.Errorf("got %v", got)
	}
}

// exact is the value that the specification gives a sound text, computed without Go's Quantity.
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

// ceil rounds away from zero to a whole multiple of 1/unit.
func ceil(value *big.Rat, unit int64) *big.Rat {
	scaled := new(big.Rat).Mul(value, big.NewRat(unit, 1))
	whole, rest := new(big.Int).QuoRem(scaled.Num(), scaled.Denom(), new(big.Int))
	if rest.Sign() != 0 {
		whole.Add(whole, big.NewInt(int64(rest.Sign())))
	}
	return new(big.Rat).SetFrac(whole, big.NewInt(unit))
}

// What FromProto says of range, sign and wholeness, what it compares and what Defaulted rounds to, against fractions.
func TestAgainstFractions(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	digits := func(most int) string {
		out := make([]byte, random.IntN(most+1))
		for i := range out {
			out[i] = "0011234567899"[random.IntN(13)]
		}
		return string(out)
	}
	special := []string{"9223372036854775807", "9223372036854775808", "9007199254740991.9990234375", "8191.999999999999999", "7.99", "8"}
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
	limit := new(big.Rat).SetInt64(1<<63 - 1)
	judge := func(name pb.Resources_ResourceName, value *big.Rat) string {
		switch {
		case new(big.Rat).Abs(value).Cmp(limit) > 0:
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
		if len(a) > 64 || len(b) > 64 {
			continue
		}
		if _, err := resource.ParseQuantity(b); err != nil {
			continue // a suffix with a digit after it
		}
		m := message(entries(entry(name, a)), entries(entry(name, b)))
		x, y := exact(a), exact(b)
		var want []string
		first, second := judge(name, x), judge(name, y)
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
		seen["sound"]++
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
		"requests[0].value OUT_OF_RANGE", "requests[0].value NEGATIVE", "requests[0].value NOT_WHOLE", "sound",
		"requests[0].value REQUEST_ABOVE_LIMIT", "requests[0].value REQUEST_NOT_EQUAL_LIMIT",
	} {
		if seen[reason] < 150 {
			t.Errorf("%s seen only %d times", reason, seen[reason])
		}
	}
	t.Log(seen)
}
