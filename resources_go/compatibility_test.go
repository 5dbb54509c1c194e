package resources_test

import (
	"strings"
	"testing"

	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoregistry"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	pb "resourceidl.example/resources/generated/go/resourceidl/v1"
	resources "resourceidl.example/resources/resources_go"
)

// laterVersion returns a message of a later version of the schema, which adds a resource, TPU, and a field to each
// message.
func laterVersion(t *testing.T, text string) *dynamicpb.Message {
	t.Helper()
	file := protodesc.ToFileDescriptorProto(pb.File_resourceidl_v1_resources_proto)
	message := file.MessageType[0]
	message.EnumType[0].Value = append(message.EnumType[0].Value,
		&descriptorpb.EnumValueDescriptorProto{Name: proto.String("TPU"), Number: proto.Int32(6)})
	field := func(name string) *descriptorpb.FieldDescriptorProto {
		return &descriptorpb.FieldDescriptorProto{
			Name: &name, Number: proto.Int32(15),
			Type:  descriptorpb.FieldDescriptorProto_TYPE_STRING.Enum(),
			Label: descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL.Enum(),
		}
	}
	message.Field = append(message.Field, field("accelerator_type"))
	message.NestedType[0].Field = append(message.NestedType[0].Field, field("note"))
	made, err := protodesc.NewFile(file, protoregistry.GlobalFiles)
	if err != nil {
		t.Fatal(err)
	}
	out := dynamicpb.NewMessage(made.Messages().ByName("Resources"))
	if err := protojson.Unmarshal([]byte(text), out); err != nil {
		t.Fatal(err)
	}
	return out
}

// received decodes the message with this version's code.
func received(t *testing.T, sent proto.Message) *pb.Resources {
	t.Helper()
	data, err := proto.Marshal(sent)
	if err != nil {
		t.Fatal(err)
	}
	var read pb.Resources
	if err := proto.Unmarshal(data, &read); err != nil {
		t.Fatal(err)
	}
	return &read
}

const (
	withTPU = `{"requests": [{"name": "CPU", "value": "500m", "note": "steady"}, {"name": "TPU", "value": "4"}],
		"acceleratorType": "v7"}`
	withNewFields = `{"requests": [{"name": "CPU", "value": "500m", "note": "steady"}], "acceleratorType": "v7"}`
)

func TestLaterVersionIsPassedOn(t *testing.T) {
	sent := laterVersion(t, withTPU)
	data, err := proto.Marshal(proto.Clone(received(t, sent)))
	if err != nil {
		t.Fatal(err)
	}
	arrived := sent.New().Interface()
	if err := proto.Unmarshal(data, arrived); err != nil {
		t.Fatal(err)
	}
	if !proto.Equal(arrived, sent) {
		t.Errorf("got %v, want %v", arrived, sent)
	}
}

// ProtoJSON keeps the number of an unknown resource and loses unknown fields.
func TestLaterVersionAsJSON(t *testing.T) {
	text, err := protojson.Marshal(received(t, laterVersion(t, withTPU)))
	if err != nil {
		t.Fatal(err)
	}
	var got, want pb.Resources
	if err := protojson.Unmarshal(text, &got); err != nil {
		t.Fatal(err)
	}
	want.Requests = entries(entry(cpu, "500m"), entry(6, "4"))
	if !proto.Equal(&got, &want) {
		t.Errorf("got %s", text)
	}
}

func TestLaterVersionIsRejectedIfEssential(t *testing.T) {
	_, err := resources.FromProto(received(t, laterVersion(t, withTPU)))
	equal(t, violations(t, err), []string{"requests[1].name UNSUPPORTED_NAME"})
	if !strings.Contains(err.Error(), "6 is not supported") {
		t.Errorf("the error does not name the resource: %v", err)
	}
	got, err := resources.FromProto(received(t, laterVersion(t, withNewFields)))
	if err != nil {
		t.Fatal(err)
	}
	if cpu := got.Requests.Cpu().String(); cpu != "500m" || len(got.Requests) != 1 || len(got.Limits) != 0 {
		t.Errorf("got %v", got)
	}
}
