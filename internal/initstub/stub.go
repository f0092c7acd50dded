// Package initstub is the init of a sandbox's pid namespace: a static program
// of one page that reaps orphans and ends, with everything in its namespace,
// when the judge does.
//
// The program is written in assembly beside the Go code, and made into a file in
// memory by package asmprog: so there is no second binary to install and no
// hook in the importer's main.
package initstub

import (
	"bytes"
	"fmt"
	"os"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/asmprog"
)

// Lifeline is the descriptor that the program watches: the read end of a pipe
// whose only write end is the judge's. When that is closed, by the judge or
// by its death, the program exits with 0, and the kernel kills everything in
// its pid namespace (pid_namespaces(7)): also what runs under ids that the
// program may not signal. Its resource usage includes that of the orphans that
// had ended before.
//
// It must be started with every other descriptor closed and all signals
// blocked, as pid 1 of a pid namespace.
const Lifeline = 0

// Name is what the program is called in /proc.
const Name = "bailiff-init"

// code is the address of the program's text.
func code() uintptr

// Open makes the program, for [forkexec.Config.ExecFile].
func Open() (*os.File, error) {
	image, err := asmprog.Image(code())
	if err != nil {
		return nil, fmt.Errorf("initstub: %w", err)
	}
	file, err := forkexec.SealedCopy(Name, bytes.NewReader(image))
	if err != nil {
		return nil, err
	}
	// Who executes what he may not read can't be traced from his first
	// instruction on (would_dump in fs/exec.c), nor by one of the same user id.
	if err := file.Chmod(0o111); err != nil {
		file.Close()
		return nil, fmt.Errorf("initstub: %w", err)
	}
	return file, nil
}
