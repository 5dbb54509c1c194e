package resources_test

import (
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

func TestFromProto(t *testing.T) {
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
		{"too many: none is read, but the other list is", seventeen, entries(entry(cpu, "x")),
			[]string{"requests TOO_MANY_ENTRIES", "limits[0].value INVALID_QUANTITY"}},
		{"up to sixteen are read", nil, seventeen[:2],
			[]string{"limits[0].value INVALID_QUANTITY", "limits[1].name DUPLICATE_NAME"}},
		{"unsupported", entries(entry(unknown, "1"), entry(storage, "x"), entry(42, "1"), entry(-1, "1"), nil), nil,
			[]string{"requests[0].name UNSUPPORTED_NAME", "requests[1].name UNSUPPORTED_NAME",
				"requests[2].name UNSUPPORTED_NAME", "requests[3].name UNSUPPORTED_NAME", "requests[4].name UNSUPPORTED_NAME"}},
		{"duplicates, whether the first is valid or not",
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
		{"length before exponent", entries(entry(memory, "1e"+strings.Repeat("9", 63))), nil,
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
		{"only the first entry of a name is compared, if valid",
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
		{"gpu with an invalid limit", entries(entry(gpu, "1")), entries(entry(gpu, "x")),
			[]string{"limits[0].value INVALID_QUANTITY"}},
		{"invalid gpu without limit", entries(entry(gpu, "x")), nil, []string{"requests[0].value INVALID_QUANTITY"}},
		{"gpu with too many limits", entries(entry(gpu, "1")), seventeen, []string{"limits TOO_MANY_ENTRIES"}},
		{"gpu maximum", entries(entry(gpu, "9223372036854775")), entries(entry(gpu, "9223372036854775")), nil},
		{"gpu maximum, not once rounded to a billionth", entries(entry(gpu, "9223372036854775")),
			entries(entry(gpu, "9223372036854775.0000000001")), []string{"limits[0].value OUT_OF_RANGE"}},
		{"gpu request above the maximum", entries(entry(gpu, "9223372036854776")), entries(entry(gpu, "1")),
			[]string{"requests[0].value OUT_OF_RANGE"}},
		{"gpu request above the maximum, without limit", entries(entry(gpu, "9223372036854776")), nil,
			[]string{"requests[0].value OUT_OF_RANGE"}},
		{"gpu limit above the maximum", entries(entry(gpu, "1")), entries(entry(gpu, "9223372036854776")),
			[]string{"limits[0].value OUT_OF_RANGE"}},
		{"both above the gpu maximum", entries(entry(gpu, "9223372036854777")), entries(entry(gpu, "9223372036854776")),
			[]string{"requests[0].value OUT_OF_RANGE", "limits[0].value OUT_OF_RANGE"}},
		{"gpu maximum before sign and wholeness", entries(entry(gpu, "-9223372036854776")), entries(entry(gpu, "9223372036854775.5")),
			[]string{"requests[0].value NEGATIVE", "limits[0].value OUT_OF_RANGE"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := resources.FromProto(message(c.requests, c.limits))
			equal(t, violations(t, err), c.want)
		})
	}
}
