package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	genericapirequest "k8s.io/apiserver/pkg/endpoints/request"
	"k8s.io/apiserver/pkg/registry/rest"
	"k8s.io/apiserver/pkg/warning"

	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/registry/core/pod"
)

const maxObjectBytes = 16 << 20

// verdict is what the API server would make of an object that is created with fieldValidation=Strict.
type verdict struct {
	Accepted bool `json:"accepted"`
	// Decoding is the error of an object that cannot be decoded. It is the only one then, and has no path.
	Decoding string          `json:"decoding,omitempty"`
	Errors   []fieldError    `json:"errors,omitempty"`
	Warnings []string        `json:"warnings,omitempty"`
	Stored   json.RawMessage `json:"stored,omitempty"`
}

type fieldError struct {
	Type   string `json:"type"`
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// judgeAll reads one object a line and writes one verdict a line.
func judgeAll(r io.Reader, w io.Writer) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxObjectBytes)
	out := bufio.NewWriter(w)
	for lines.Scan() {
		answer, err := json.Marshal(judge(lines.Bytes()))
		if err != nil {
			return err
		}
		out.Write(append(answer, '\n'))
		if err := out.Flush(); err != nil { // the other side may wait for it
			return err
		}
	}
	return lines.Err()
}

// judge does what the handler of a POST and the registry's store do with an object, admission plugins excepted.
func judge(text []byte) (v verdict) {
	defer func() {
		if problem := recover(); problem != nil {
			v = verdict{Decoding: fmt.Sprint("panic: ", problem)}
		}
	}()
	json, _ := runtime.SerializerInfoForMediaType(legacyscheme.Codecs.SupportedMediaTypes(), runtime.ContentTypeJSON)
	decoder := legacyscheme.Codecs.DecoderToVersion(json.StrictSerializer, runtime.InternalGroupVersioner)
	object, gvk, err := decoder.Decode(text, nil, nil)
	if err != nil {
		return verdict{Decoding: err.Error()}
	}
	strategy, ok := strategies[gvk.Kind]
	if !ok {
		return verdict{Decoding: fmt.Sprintf("the oracle does not know the kind %q", gvk.Kind)}
	}
	if create(object, *gvk, strategy, &v); len(v.Errors) > 0 || v.Decoding != "" {
		return v
	}
	encoded := &bytes.Buffer{}
	encoder := legacyscheme.Codecs.EncoderForVersion(json.Serializer, schema.GroupVersions{gvk.GroupVersion()})
	if err := encoder.Encode(object, encoded); err != nil {
		return verdict{Decoding: err.Error()}
	}
	v.Accepted, v.Stored = true, encoded.Bytes()
	return v
}

func create(object runtime.Object, gvk schema.GroupVersionKind, strategy rest.RESTCreateStrategy, v *verdict) {
	metadata, err := meta.Accessor(object)
	if err != nil {
		v.addErrors(err)
		return
	}
	namespace := ""
	if strategy.NamespaceScoped() {
		namespace = "default"
		metadata.SetNamespace(namespace)
	}
	rest.WipeObjectMetaSystemFields(metadata)
	rest.FillObjectMetaSystemFields(metadata)
	ctx := warning.WithWarningRecorder(context.Background(), v)
	ctx = genericapirequest.WithNamespace(ctx, namespace)
	ctx = genericapirequest.WithRequestInfo(ctx, &genericapirequest.RequestInfo{APIGroup: gvk.Group, APIVersion: gvk.Version})
	if pod, ok := object.(*core.Pod); ok && len(pod.Spec.EphemeralContainers) > 0 {
		createWithEphemeralContainers(ctx, pod, v)
		return
	}
	v.addErrors(rest.BeforeCreate(strategy, ctx, object))
}

// createWithEphemeralContainers creates a pod without its ephemeral containers, and then adds them: a new pod cannot
// have any, but the pods of a cluster do.
func createWithEphemeralContainers(ctx context.Context, object *core.Pod, v *verdict) {
	ephemeral := object.Spec.EphemeralContainers
	object.Spec.EphemeralContainers = nil
	v.addErrors(rest.BeforeCreate(pod.Strategy, ctx, object))
	object.ResourceVersion = "1" // an update needs the version that it replaces
	old := object.DeepCopy()
	object.Spec.EphemeralContainers = ephemeral
	v.addErrors(rest.BeforeUpdate(pod.EphemeralContainersStrategy, ctx, object, old))
}

// AddWarning makes a verdict a warning.Recorder.
func (v *verdict) AddWarning(_, text string) {
	v.Warnings = append(v.Warnings, text)
}

func (v *verdict) addErrors(err error) {
	if err == nil {
		return
	}
	var status apierrors.APIStatus
	if !errors.As(err, &status) || status.Status().Details == nil {
		v.Decoding = err.Error()
		return
	}
	for _, cause := range status.Status().Details.Causes {
		v.Errors = append(v.Errors, fieldError{string(cause.Type), cause.Field, cause.Message})
	}
}
