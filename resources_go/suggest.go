package resources

import (
	"regexp"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
)

const (
	// maxSuggestionBytes keeps a suggestion within its description.
	maxSuggestionBytes = 60
	// noSuggestion is shown if it is unclear which quantity was meant.
	noSuggestion = "write a number and a suffix, such as 500m or 1Gi"
)

// numberAndUnit splits a text that resembles a quantity.
var numberAndUnit = regexp.MustCompile(`^([+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)) *([A-Za-z]*)$`)

// suggest returns what to write instead of a text that is not a quantity.
func suggest(text string) string {
	parts := numberAndUnit.FindStringSubmatch(strings.TrimSpace(text))
	if parts == nil {
		return noSuggestion
	}
	number, units := parts[1], suggestUnits(parts[1], parts[2])
	if units == nil {
		return noSuggestion
	}
	suggestion := "did you mean " + number + strings.Join(units, " or "+number) + "?"
	if len(suggestion) > maxSuggestionBytes {
		return noSuggestion
	}
	return suggestion
}

// suggestUnits returns the suffixes that unit may stand for, or nil.
func suggestUnits(number, unit string) []string {
	if _, err := resource.ParseQuantity(number + unit); err == nil {
		return []string{unit} // there were only spaces too many
	}
	prefix := strings.TrimSuffix(strings.ToLower(unit), "b") // Mb, GB, KiB
	if prefix == "" {
		return []string{""}
	}
	at := strings.IndexByte("kmgtp", prefix[0])
	if at < 0 {
		return nil
	}
	decimal, binary := "kMGTP"[at:at+1], "KMGTP"[at:at+1]+"i"
	switch prefix[1:] {
	case "":
		return []string{decimal, binary}
	case "i":
		return []string{binary}
	}
	return nil
}
