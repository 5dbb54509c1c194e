package main

import (
	"bytes"
	"os"
	"strings"
	"testing"
)

const committed = "../vectors/quantities.jsonl"

// TestVectors checks that every committed line is the answer that the package gives today.
func TestVectors(t *testing.T) {
	want, err := os.ReadFile(committed)
	if err != nil {
		t.Fatal(err)
	}
	var got bytes.Buffer
	if err := writeVectors(&got); err != nil {
		t.Fatal(err)
	}
	wantLines, gotLines := strings.Split(string(want), "\n"), strings.Split(got.String(), "\n")
	for i := range min(len(wantLines), len(gotLines)) {
		if wantLines[i] != gotLines[i] {
			t.Fatalf("%s:%d holds\n%s\nand the answer is\n%s", committed, i+1, wantLines[i], gotLines[i])
		}
	}
	if len(wantLines) != len(gotLines) {
		t.Fatalf("%s has %d lines, and there are %d answers", committed, len(wantLines), len(gotLines))
	}
}

// TestServe checks that every line is answered, in order.
func TestServe(t *testing.T) {
	questions := `{"text":"1.5Gi"}` + "\n" + `{"text":"1e1000"}` + "\n" + `{"left":"1","right":"1Ki","factor":"3"}`
	var out bytes.Buffer
	if err := serve(strings.NewReader(questions), &out); err != nil {
		t.Fatal(err)
	}
	want := `{"value":"1610612736e0","format":"BinarySI","canonical":"1536Mi","again":"1536Mi","string":"1536Mi",` +
		`"rounded":"1536Mi","whole":"1610612736","milli":"1610612736000"}
{"reason":"range"}
{"cmp":-1,"sum":{"value":"1025e0","format":"DecimalSI","canonical":"1025"},` +
		`"difference":{"value":"-1023e0","format":"DecimalSI","canonical":"-1023"},` +
		`"multiple":{"value":"3e0","format":"DecimalSI","canonical":"3"}}
`
	if out.String() != want {
		t.Errorf("got\n%s\nwant\n%s", out.String(), want)
	}
	for _, question := range []string{"{}", "[", `{"left":"1"}`, `{"left":"1","right":"1"}`} {
		if err := serve(strings.NewReader(question), &out); err == nil {
			t.Errorf("%s is answered", question)
		}
	}
}
