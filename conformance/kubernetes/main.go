// Command kubernetes-oracle answers with the code of the Kubernetes API server.
//
//	kubernetes-oracle judge      reads objects and writes what the API server would make of each, as JSON lines
//	kubernetes-oracle defaulted  reads containers' resources and writes what resources_go makes of each, as JSON lines
//	kubernetes-oracle totals     reads Pods and writes the totals of each, as JSON lines
//	kubernetes-oracle paths      writes all paths to a quantity (resources_py/cli/manifests/quantity_paths.json)
package main

import (
	"fmt"
	"os"
)

func main() {
	run := map[string]func() error{
		"judge":     func() error { return answerLines(judge, os.Stdin, os.Stdout) },
		"defaulted": func() error { return writeDefaulted(os.Stdin, os.Stdout) },
		"paths":     func() error { return writePaths(os.Stdout) },
		"totals":    func() error { return answerLines(totalOf, os.Stdin, os.Stdout) },
	}
	if len(os.Args) != 2 || run[os.Args[1]] == nil {
		fmt.Fprintln(os.Stderr, "usage: kubernetes-oracle judge | defaulted | totals | paths")
		os.Exit(2)
	}
	if err := run[os.Args[1]](); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
