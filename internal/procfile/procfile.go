// Package procfile reads what the kernel says about a process or thread in its
// directory of /proc (proc(5)).
package procfile

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"strings"
)

// Status is the file "status" of such a directory: what stands behind each
// name.
func Status(dir string) (map[string]string, error) {
	text, err := os.ReadFile(dir + "/status")
	if err != nil {
		return nil, err
	}
	fields := make(map[string]string, 64)
	for line := range strings.Lines(string(text)) {
		name, value, _ := strings.Cut(line, ":")
		fields[name] = strings.TrimSpace(value)
	}
	return fields, nil
}

// StartTime is when it began, in ticks since the system did.
func StartTime(dir string) (uint64, error) {
	text, err := os.ReadFile(dir + "/stat")
	if err != nil {
		return 0, err
	}
	// Its name, in brackets, may have spaces and brackets of its own.
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	const afterName = 22 - 3 // the 22nd, from 1 on; the third is the first behind the name
	if len(fields) <= afterName {
		return 0, fmt.Errorf("%s/stat has no start time", dir)
	}
	return strconv.ParseUint(string(fields[afterName]), 10, 64)
}
