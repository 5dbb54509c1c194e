package main

import (
	"bufio"
	"encoding/json"
	"io"
)

const maxObjectBytes = 16 << 20

// answerLines reads one object a line and writes one answer a line.
func answerLines[A any](answer func(object []byte) A, r io.Reader, w io.Writer) error {
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, maxObjectBytes)
	out := bufio.NewWriter(w)
	for lines.Scan() {
		line, err := json.Marshal(answer(lines.Bytes()))
		if err != nil {
			return err
		}
		out.Write(append(line, '\n'))
		if err := out.Flush(); err != nil { // the other side may wait for it
			return err
		}
	}
	return lines.Err()
}
