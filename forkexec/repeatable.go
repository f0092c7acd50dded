package forkexec

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"runtime"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/internal/script"
)

const (
	varProc    script.Var = "proc"    // descriptor of the caller's /proc
	varOffsets script.Var = "offsets" // text for timens_offsets
)

// addrNoRandomize is ADDR_NO_RANDOMIZE (linux/personality.h).
const addrNoRandomize = 0x0040000

// checkRepeatable refuses what can't be prepared.
func checkRepeatable(config *Config) error {
	if config.RefuseTSC && runtime.GOARCH != "amd64" {
		return fmt.Errorf("forkexec: RefuseTSC: only amd64 has a time-stamp counter that can be refused: %w", errors.ErrUnsupported)
	}
	if config.ZeroClocks && config.Namespaces&Time == 0 {
		return fmt.Errorf("forkexec: ZeroClocks is for a time namespace of the process's own: add Time to Namespaces: %w", unix.EINVAL)
	}
	return nil
}

// fixedAddresses takes the kernel's choice of addresses at exec away. The
// personality belongs to the one process, not to the memory that it shares.
func (c *compiler) fixedAddresses() {
	if c.config.FixedAddresses {
		c.add(once("personality", unix.SYS_PERSONALITY, script.Symbol(addrNoRandomize, "PER_LINUX|ADDR_NO_RANDOMIZE")))
	}
}

// refuseTSC makes an exception of the instructions that read the counter. Exec
// keeps it, unlike the one for CPUID (arch_setup_new_exec in the kernel).
func (c *compiler) refuseTSC() {
	if c.config.RefuseTSC {
		c.add(prctl("tsc", unix.PR_SET_TSC, "PR_SET_TSC", script.Symbol(unix.PR_TSC_SIGSEGV, "PR_TSC_SIGSEGV")))
	}
}

// zeroClocks sets the clocks of the time namespace that exec will enter, which
// can be done until somebody is in it. It goes by the caller's /proc: there may
// be none in the process's root, or one that is read-only.
func (c *compiler) zeroClocks() {
	if !c.config.ZeroClocks {
		return
	}
	const step = "clock_offsets"
	open := once(step, unix.SYS_OPENAT, script.Value(varProc), script.String("self/timens_offsets"),
		script.Symbol(unix.O_WRONLY|unix.O_CLOEXEC, "O_WRONLY|O_CLOEXEC"), script.Int(0))
	open.Out = varFile
	c.add(open,
		once(step, unix.SYS_WRITE, script.Value(varFile),
			script.Describe(script.Address(varOffsets, offsetsSize/8), `"monotonic -now\nboottime -now\n"`), script.Int(offsetsSize)),
		once(step, unix.SYS_CLOSE, script.Value(varFile)))
}

// offsetsSize is that of the text, which always has the same.
const offsetsSize = 2 * len("monotonic -0000000000 000000000\n")

// offsets is the text that sets both clocks back to 0 (time_namespaces(7)).
func offsets() ([]uint64, error) {
	var text []byte
	for _, clock := range []struct {
		name string
		id   int32
	}{{"monotonic", unix.CLOCK_MONOTONIC}, {"boottime", unix.CLOCK_BOOTTIME}} {
		var now unix.Timespec
		if err := unix.ClockGettime(clock.id, &now); err != nil {
			return nil, fmt.Errorf("forkexec: clock_offsets: %s: %w", clock.name, err)
		}
		// Nanoseconds count up, also from a negative second.
		back := time.Duration(now.Nano()) + time.Second - 1
		seconds := back / time.Second
		text = fmt.Appendf(text, "%-9s -%010d %09d\n", clock.name, seconds, seconds*time.Second-time.Duration(now.Nano()))
	}
	words := make([]uint64, len(text)/8)
	for i := range words {
		words[i] = binary.NativeEndian.Uint64(text[8*i:])
	}
	return words, nil
}

// fillClocks sets what the rows of zeroClocks use. The file is to be closed
// when the process has been started.
func (r *Runner) fillClocks(in *script.Instance) (*os.File, error) {
	if !r.config.ZeroClocks {
		return nil, nil
	}
	proc, err := os.Open("/proc")
	if err != nil {
		return nil, fmt.Errorf("forkexec: clock_offsets: %w", err)
	}
	words, err := offsets()
	if err != nil {
		proc.Close()
		return nil, err
	}
	in.Set(varProc, uint64(proc.Fd()))
	in.Set(varOffsets, words...)
	return proc, nil
}
