package doctor

import (
	"os"
	"os/exec"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

func tracingChecks() []Check {
	const class = "tracing"
	return []Check{
		{class, "ptrace", 0, traces, "mode ptrace, and crashes that are explained (which line, which pointer)",
			"sysctl kernel.yama.ptrace_scope=1; in Docker before 19.03: --cap-add SYS_PTRACE"},
		{class, "ptrace scope", 0, ptraceScope, "2 and 3 let only root, or nobody, trace", "sysctl kernel.yama.ptrace_scope=1"},
		{class, "process memory", 0, processMemory, "the paths and strings of a call are read from the program's memory (process_vm_readv)",
			"a kernel built with CONFIG_CROSS_MEMORY_ATTACH"},
	}
}

// traces traces a child to its first stop.
func traces(*Machine) Finding {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	cmd := exec.Command("/proc/self/exe")
	cmd.SysProcAttr = &syscall.SysProcAttr{Ptrace: true}
	if err := cmd.Start(); err != nil {
		return missing("%v", err)
	}
	err := cmd.Wait() // its stop at exec, since it is traced
	_ = unix.Kill(cmd.Process.Pid, unix.SIGKILL)
	_, _ = unix.Wait4(cmd.Process.Pid, nil, 0, nil)
	if err == nil || cmd.ProcessState == nil {
		return missing("a traced program did not stop")
	}
	if status, is := cmd.ProcessState.Sys().(syscall.WaitStatus); !is || !status.Stopped() {
		return missing("a traced program did not stop: %v", err)
	}
	return ok("works")
}

func ptraceScope(m *Machine) Finding {
	switch v, err := m.line("proc/sys/kernel/yama/ptrace_scope"); {
	case err != nil:
		return ok("not restricted")
	case v == "3":
		return missing("3: nobody may trace")
	case v == "2" && m.uid != 0:
		return missing("2: only root may trace")
	case v == "2":
		return degraded("2: only root may trace")
	default:
		return ok("%s", v)
	}
}

func processMemory(*Machine) Finding {
	// Nothing can be read at 0, which is found out last.
	local := []unix.Iovec{{Base: new(byte), Len: 1}}
	if _, err := unix.ProcessVMReadv(os.Getpid(), local, []unix.RemoteIovec{{Len: 1}}, 0); err != unix.EFAULT {
		return degraded("%v; /proc/PID/mem is read instead", err)
	}
	return ok("works")
}
