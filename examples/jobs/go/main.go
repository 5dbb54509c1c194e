// Command jobs is an example of a backend in Go: it receives resources and builds a Kubernetes Pod with them.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"net"
	"os"
	"os/signal"
	"regexp"
	"strings"
	"syscall"

	"google.golang.org/grpc"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/validation"

	"jobs.example/jobs/jobsv1"
	resources "resourceidl.example/resources/resources_go"
)

type server struct {
	jobsv1.UnimplementedJobServiceServer
}

var image = regexp.MustCompile(`^[!-~]+$`)

// Submit turns the message into the resources of a container with FromProto, and returns its error unchanged.
func (server) Submit(_ context.Context, in *jobsv1.SubmitRequest) (*jobsv1.SubmitResponse, error) {
	if len(validation.IsDNS1123Subdomain(in.GetName())) > 0 {
		return nil, invalid("name", "INVALID_NAME", "write lowercase letters, digits, '-' and '.', such as train-7")
	}
	if !image.MatchString(in.GetImage()) {
		return nil, invalid("image", "INVALID_IMAGE", "write an image, such as registry.example/train:1")
	}
	requirements, err := resources.FromProto(in.GetResources(), resources.FieldPrefix("resources."))
	if err != nil {
		return nil, err
	}
	text, err := toJSON(&corev1.Pod{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"},
		ObjectMeta: metav1.ObjectMeta{Name: in.GetName()},
		Spec: corev1.PodSpec{
			Containers:    []corev1.Container{{Name: "main", Image: in.GetImage(), Resources: requirements}},
			RestartPolicy: corev1.RestartPolicyNever,
		},
	})
	if err != nil {
		return nil, err
	}
	return &jobsv1.SubmitResponse{Pod: text}, nil
}

// invalid returns an error of the same form as those of FromProto.
func invalid(field, reason, description string) error {
	return &resources.Error{Violations: []resources.Violation{{Field: field, Reason: reason, Description: description}}}
}

// toJSON prints a Pod without the empty status, timestamp and resources that the Go type would print.
func toJSON(pod *corev1.Pod) (string, error) {
	object, err := runtime.DefaultUnstructuredConverter.ToUnstructured(pod)
	if err != nil {
		return "", err
	}
	delete(object, "status")
	delete(object["metadata"].(map[string]any), "creationTimestamp")
	for _, c := range object["spec"].(map[string]any)["containers"].([]any) {
		if container := c.(map[string]any); len(container["resources"].(map[string]any)) == 0 {
			delete(container, "resources")
		}
	}
	var out bytes.Buffer
	encoder := json.NewEncoder(&out) // it sorts the keys of maps
	encoder.SetIndent("", "  ")
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(object); err != nil {
		return "", err
	}
	return strings.TrimSuffix(out.String(), "\n"), nil
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("jobs: ")
	address := flag.String("address", "127.0.0.1:50052", "`HOST:PORT` to listen on; port 0 selects a free port")
	flag.Parse()
	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	s := grpc.NewServer()
	jobsv1.RegisterJobServiceServer(s, server{})
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	context.AfterFunc(ctx, func() { stop(); s.GracefulStop() }) // so that the next signal ends the process
	fmt.Printf("listening on %s\n", listener.Addr())
	if err := s.Serve(listener); err != nil {
		log.Fatal(err)
	}
}
