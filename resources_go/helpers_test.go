package resources_test

import (
	"errors"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

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

// violations returns "field REASON" for each violation, after checking every description.
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
		if strings.ContainsFunc(v.Description, func(r rune) bool { return !unicode.IsPrint(r) }) {
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
