package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"reflect"
	"runtime/debug"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"k8s.io/kubernetes/pkg/api/legacyscheme"
)

var (
	quantityType = reflect.TypeFor[resource.Quantity]()
	listMetaType = reflect.TypeFor[metav1.ListMeta]()
)

// pathTable is the table of all paths that lead from a kind to a quantity. A field is "Quantity" or the name of another
// type of the table, after "[]" for each list and "{}" for each map on the way.
type pathTable struct {
	kinds map[string]string            // by apiVersion and kind: its type
	types map[string]map[string]string // by the type's name: its fields
	leads map[reflect.Type]bool        // whether a struct leads to a quantity
}

// writePaths writes the table of every kind that is registered in the scheme, lists of objects excepted.
func writePaths(w io.Writer) error {
	t := pathTable{map[string]string{}, map[string]map[string]string{}, map[reflect.Type]bool{}}
	for gvk, goType := range legacyscheme.Scheme.AllKnownTypes() {
		if gvk.Version == runtime.APIVersionInternal || isList(goType) {
			continue
		}
		if t.add(goType) {
			t.kinds[gvk.GroupVersion().String()+" "+gvk.Kind] = typeName(goType)
		}
	}
	return t.write(w)
}

func isList(t reflect.Type) bool {
	field, ok := t.FieldByName("ListMeta")
	return ok && field.Type == listMetaType
}

// add adds a struct and what it leads to, and reports whether it leads to a quantity.
func (t pathTable) add(goType reflect.Type) bool {
	if leads, ok := t.leads[goType]; ok {
		return leads
	}
	t.leads[goType] = false // a type within itself adds no other way
	fields := map[string]string{}
	t.addFields(goType, fields)
	if len(fields) == 0 {
		return false
	}
	t.leads[goType] = true
	t.types[typeName(goType)] = fields
	return true
}

func (t pathTable) addFields(goType reflect.Type, fields map[string]string) {
	for field := range goType.Fields() {
		name, options, _ := strings.Cut(field.Tag.Get("json"), ",")
		if name == "-" {
			continue
		}
		if name == "" && (field.Anonymous || strings.Contains(options, "inline")) {
			t.addFields(elem(field.Type), fields)
			continue
		}
		if destination := t.destination(field.Type); destination != "" {
			fields[name] = destination
		}
	}
}

// destination names what a field leads to; "" if that is not a quantity.
func (t pathTable) destination(goType reflect.Type) string {
	goType = elem(goType)
	prefix := ""
	switch {
	case goType == quantityType:
		return "Quantity"
	case goType.Kind() == reflect.Struct && t.add(goType):
		return typeName(goType)
	case goType.Kind() == reflect.Slice || goType.Kind() == reflect.Array:
		prefix = "[]"
	case goType.Kind() == reflect.Map:
		prefix = "{}"
	default:
		return ""
	}
	if inner := t.destination(goType.Elem()); inner != "" {
		return prefix + inner
	}
	return ""
}

func elem(t reflect.Type) reflect.Type {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	return t
}

// typeName names a type by the last two folders of its package: "core.v1.Pod".
func typeName(t reflect.Type) string {
	folders := strings.Split(t.PkgPath(), "/")
	return strings.Join(append(folders[len(folders)-2:], t.Name()), ".")
}

// write writes the table as JSON, one kind and one type a line.
func (t pathTable) write(w io.Writer) error {
	var out bytes.Buffer
	fmt.Fprintf(&out, "{\n  \"kubernetes\": %q", kubernetesVersion())
	writeSection(&out, "kinds", t.kinds)
	writeSection(&out, "types", t.types)
	out.WriteString("\n}\n")
	_, err := w.Write(out.Bytes())
	return err
}

func writeSection[V any](out *bytes.Buffer, name string, entries map[string]V) {
	fmt.Fprintf(out, ",\n  %q: {", name)
	separator := "\n"
	for _, key := range slices.Sorted(maps.Keys(entries)) {
		value, _ := json.Marshal(entries[key]) // encoding/json sorts the keys of maps
		fmt.Fprintf(out, "%s    %q: %s", separator, key, value)
		separator = ",\n"
	}
	out.WriteString("\n  }")
}

func kubernetesVersion() string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		if module.Path == "k8s.io/kubernetes" {
			return module.Version
		}
	}
	return ""
}
