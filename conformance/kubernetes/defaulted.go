package main

import (
	"encoding/json"
	"errors"
	"io"

	corev1 "k8s.io/api/core/v1"

	resources "resourceidl.example/resources/resources_go"
)

// writeDefaulted reads one container's resources after the other and writes what resources_go's Defaulted returns.
func writeDefaulted(r io.Reader, w io.Writer) error {
	decoder, encoder := json.NewDecoder(r), json.NewEncoder(w)
	for {
		var stanza corev1.ResourceRequirements
		if err := decoder.Decode(&stanza); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		if err := encoder.Encode(resources.Defaulted(stanza)); err != nil {
			return err
		}
	}
}
