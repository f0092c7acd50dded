package kernel

import (
	"errors"
	"fmt"
	"runtime"
	"unsafe"

	"golang.org/x/sys/unix"
)

// FixesAddresses says why programs can't be put at the same addresses each time
// (personality(2), ADDR_NO_RANDOMIZE), nil if they can be. A container's filter
// may know the call but not the wish, as Docker's does; so it is tried, on a
// thread that ends with it.
func FixesAddresses() error {
	const addrNoRandomize = 0x0040000
	result := make(chan unix.Errno)
	OnOwnThread(func() {
		before, _, errno := unix.Syscall(unix.SYS_PERSONALITY, addrNoRandomize, 0, 0)
		if errno == 0 {
			_, _, errno = unix.Syscall(unix.SYS_PERSONALITY, before, 0, 0)
		}
		result <- errno
	})
	if errno := <-result; errno != 0 {
		return fmt.Errorf("personality(ADDR_NO_RANDOMIZE): %w", errno)
	}
	return nil
}

// RefusesTSC says why programs can't be refused the time-stamp counter here
// (PR_SET_TSC, prctl(2)), nil if they can be. It matches errors.ErrUnsupported.
func RefusesTSC() error {
	if runtime.GOARCH != "amd64" {
		return fmt.Errorf("only amd64 has a time-stamp counter that can be refused: %w", errors.ErrUnsupported)
	}
	var mode int32
	if err := unix.Prctl(unix.PR_GET_TSC, uintptr(unsafe.Pointer(&mode)), 0, 0, 0); err != nil {
		return fmt.Errorf("PR_GET_TSC: %w: %w", err, errors.ErrUnsupported)
	}
	return nil
}

// FaultsCPUID says why the instruction CPUID can't be made to fault here
// (arch_prctl(2), ARCH_SET_CPUID), nil if it can. It matches
// errors.ErrUnsupported. Where it can, that is of use to a program's tracer
// alone: exec takes it back (arch_setup_new_exec in the kernel).
func FaultsCPUID() error {
	if runtime.GOARCH != "amd64" {
		return fmt.Errorf("only amd64 has CPUID: %w", errors.ErrUnsupported)
	}
	const sysArchPrctl, archSetCPUID, allowed = 158, 0x1012, 1
	if _, _, errno := unix.RawSyscall(sysArchPrctl, archSetCPUID, allowed, 0); errno != 0 {
		return fmt.Errorf("ARCH_SET_CPUID: %w: the processor, or the hypervisor, does not offer cpuid_fault: %w", errno, errors.ErrUnsupported)
	}
	return nil
}
