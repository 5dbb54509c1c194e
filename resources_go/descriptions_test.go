package resources_test

import (
	"errors"
	"strings"
	"testing"

	resources "resourceidl.example/resources/resources_go"
)

func TestDescriptions(t *testing.T) {
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
		"\x00\"\u20ac":                 `"\x00\"€" is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
		"1\u00b5":                      `"1µ" is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
		"1\u200b":                      `"1\u200b" is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
		strings.Repeat("\xff", 40):     `"\xff\xff\xff\xff\xff\xff\xff... is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
		"8Ei":                          `"8Ei" is out of range: write at most 9223372036854775807 (just under 8Ei)`,
		"-1":                           `"-1" is negative: write 0 or more`,
		strings.Repeat("9", 65):        `"9999999999999999999999999999... is longer than 64 bytes: write a number and a suffix, such as 500m or 1Gi`,
		strings.Repeat("é", 30):        `"éééééééééééééé... is not a quantity: write a number and a suffix, such as 500m or 1Gi`,
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

func TestGPUDescriptions(t *testing.T) {
	for _, c := range []struct{ request, limit, want string }{
		{"0.5", "1", `"0.5" is not a whole number of GPUs: write a whole number, such as 1`},
		{"9223372036854776", "1", `"9223372036854776" is out of range: write at most 9223372036854775`},
		{"8Ei", "1", `"8Ei" is out of range: write at most 9223372036854775`},
		{"2", "1", `"2" is above the limit "1": request at most the limit`},
		{"1", "2", `"1" is below the limit "2": a GPU request must equal its limit`},
		{"1", "", `a GPU request needs a limit: add GPU 1 to limits`},
	} {
		m := message(entries(entry(gpu, c.request)), nil)
		if c.limit != "" {
			m.Limits = entries(entry(gpu, c.limit))
		}
		_, err := resources.FromProto(m)
		violations(t, err)
		var bad *resources.Error
		if errors.As(err, &bad); bad.Violations[0].Description != c.want {
			t.Errorf("%s, %s:\n got %s\nwant %s", c.request, c.limit, bad.Violations[0].Description, c.want)
		}
	}
}
