// Package tinyprog is the programs that forkbench starts: static, of a few
// instructions, so that what they cost is what starting them costs, and nothing
// that is their own.
package tinyprog

import (
	"encoding/binary"
	"fmt"
	"time"

	"github.com/bailiff-judge/bailiff/internal/asmprog"
)

// callsCode is the address of the program's text.
func callsCode() uintptr

// Exit returns the executable file of the least program there is: all it does
// is to exit with 0.
func Exit() ([]byte, error) { return asmprog.Exit() }

// leaveCode is the address of the program's text.
func leaveCode() uintptr

// Leave returns the executable file of a program that makes a directory "d" in its
// working directory and exits, with 0 if there was none.
func Leave() ([]byte, error) { return asmprog.Image(leaveCode()) }

// Count is how often [Calls] makes its call.
const Count = 500

// Calls returns the executable file of a program that calls getppid once, for
// which whoever is asked may have to make ready, and then Count times more, writes to its stdout what [Took] reads, and exits with 0. Beside
// getppid it calls clock_gettime, write and exit_group.
func Calls() ([]byte, error) { return asmprog.Image(callsCode()) }

// OutputSize is how many bytes the program Calls writes.
const OutputSize = 32

// Took is how long the calls took, all together, from two readings of
// CLOCK_MONOTONIC that are the output.
func Took(output []byte) (time.Duration, error) {
	if len(output) != OutputSize {
		return 0, fmt.Errorf("tinyprog: %d bytes of output, not %d", len(output), OutputSize)
	}
	reading := func(at int) time.Duration {
		word := func(at int) time.Duration { return time.Duration(binary.NativeEndian.Uint64(output[at:])) }
		return word(at)*time.Second + word(at+8)
	}
	return reading(16) - reading(0), nil
}
