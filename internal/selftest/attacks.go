package selftest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/runner"
	"github.com/bailiff-judge/bailiff/seccomp"
)

const (
	kib = 1 << 10
	mib = 1 << 20
)

// Attacks are all of them, class by class.
func Attacks() []Attack {
	var attacks []Attack
	for class, rows := range map[string][]Attack{
		"cpu": cpuAttacks(), "memory": memoryAttacks(), "output": outputAttacks(), "processes": processAttacks(),
		"files": fileAttacks(), "namespaces": namespaceAttacks(), "syscalls": syscallAttacks(), "signals": signalAttacks(),
		"tracer": tracerAttacks(), "timing": timingAttacks(), "ipc": ipcAttacks(), "leftovers": leftoverAttacks(), "foreign ABI": foreignAttacks(),
		"races": raceAttacks(), "compilers": compilerAttacks(),
	} {
		for _, a := range rows {
			a.Class = class
			if a.Policy == "" {
				a.Policy = "default"
			}
			attacks = append(attacks, a)
		}
	}
	slices.SortStableFunc(attacks, func(a, b Attack) int { return slices.Index(classes, a.Class) - slices.Index(classes, b.Class) })
	return attacks
}

// classes are the classes in the order of the report.
var classes = []string{
	"cpu", "memory", "output", "processes", "files", "namespaces", "syscalls", "signals", "tracer", "timing", "ipc", "leftovers", "foreign ABI",
	"races", "compilers",
}

// cpuAttacks want more time than they are given, or not to be seen using it.
func cpuAttacks() (attacks []Attack) {
	// On a busy machine it takes long to get to run for that long.
	limits := runner.Limits{CPU: 100 * time.Millisecond, Wall: 20 * time.Second, Processes: 8}
	for _, command := range []string{
		"cpu_loop user", "cpu_loop system", "cpu_loop vfork", "cpu_children 0 5", "cpu_orphan wait 0",
		"cpu_sigxcpu ignore 0", "cpu_sigxcpu block 0", "cpu_sigxcpu both 0", "cpu_sigxcpu handle 0",
		"cpu_threads 4 0", "process_exec exec 0", "process_exec thread 0", "process_starve 2",
	} {
		attacks = append(attacks, Attack{Command: command, Limits: limits, Check: status(runner.TimeLimit)})
	}
	return append(attacks, Attack{Command: "cpu_orphan exit 0", Limits: limits, Check: status(runner.OK)})
}

// memoryAttacks want more memory, of kinds that show least.
func memoryAttacks() (attacks []Attack) {
	limits := runner.Limits{CPU: 5 * time.Second, Memory: 32 * mib, Processes: 8}
	over := status(runner.MemoryLimit)
	for _, command := range []string{
		"memory_grow heap 0", "memory_grow mmap 0", "memory_grow child 0", "memory_grow children 64 4", "touch 200",
	} {
		attacks = append(attacks, Attack{Command: command, Limits: limits, Check: over})
	}
	// What shows in no process's resident set only a cgroup holds.
	for _, command := range []string{"memory_kernel memfd 0", "memory_kernel sysv 0", "memory_kernel posix 0", "output_file /tmp/big 0", "output_file /dev/shm/big 0"} {
		attacks = append(attacks, Attack{Command: command, Limits: limits, Policy: "permissive", Needs: MemoryCgroup,
			Check: status(runner.MemoryLimit, runner.OK, runner.RuntimeError)})
	}
	for _, command := range []string{"memory_kernel pipe 64", "memory_kernel socket 64", "memory_kernel mlock 64"} {
		attacks = append(attacks, Attack{Command: command, Limits: limits, Policy: "permissive", Needs: MemoryCgroup,
			Check: within(32 * mib)})
	}
	stack := limits
	stack.Stack = 8 * mib
	overflow := all(status(runner.RuntimeError), signal(unix.SIGSEGV))
	small := limits
	small.Stack = 4 * mib // less than what the judge's own programs have
	return append(attacks,
		Attack{Command: "memory_stack 0", Limits: stack, Check: overflow},
		Attack{Command: "memory_stack 6", Limits: small, Check: overflow},
		Attack{Command: "memory_reserve 100000", Limits: limits, Check: status(runner.OK)},
	)
}

// within holds if no more memory was charged than the limit, whatever the status.
func within(limit int64) Check {
	return func(o *Outcome) error {
		if o.Result.Memory > limit {
			return fmt.Errorf("%d bytes were charged, the limit is %d", o.Result.Memory, limit)
		}
		return nil
	}
}

// outputAttacks want to print more than they may, past who counts.
func outputAttacks() (attacks []Attack) {
	const limit = 64 * kib
	limits := runner.Limits{CPU: 5 * time.Second, Output: limit, Processes: 8}
	check := all(status(runner.OutputLimit), delivered(limit))
	for _, command := range []string{
		"output_flood stdout", "output_flood stderr", "output_flood both", "output_race 4 32768",
		"output_reopen proc 65537", "output_reopen dup 65537", "output_splice sendfile 65537",
		"output_splice splice 65537", "output_splice tee 65537", "output_splice vmsplice 65537", "print 65537", "print 131072 1000 both",
	} {
		attacks = append(attacks, Attack{Command: command, Limits: limits, Policy: "permissive", Check: check})
	}
	limits.FileSize = mib
	return append(attacks,
		Attack{Command: "output_reopen late 65537", Limits: limits, Policy: "permissive", Check: delivered(limit)},
		Attack{Command: "output_file /tmp/big 0", Limits: limits, Check: all(status(runner.RuntimeError), signal(unix.SIGXFSZ))},
	)
}

// processAttacks want more processes than they may have.
func processAttacks() (attacks []Attack) {
	limits := runner.Limits{CPU: 200 * time.Millisecond, Wall: 2 * time.Second, Processes: 16}
	stopped := all(status(runner.TimeLimit, runner.WallLimit), atMost(16))
	for _, command := range []string{"process_bomb fork", "process_bomb clone3", "process_bomb vfork", "process_bomb thread"} {
		attacks = append(attacks, Attack{Command: command, Limits: limits, Policy: "permissive", Needs: ProcessLimit, Check: stopped})
	}
	few := all(status(runner.RuntimeError), atMost(16))
	for _, command := range []string{"process_zombies 64", "spawn processes 64 50", "spawn threads 64 50"} {
		attacks = append(attacks, Attack{Command: command, Limits: limits, Policy: "permissive", Needs: ProcessLimit, Check: few})
	}
	return append(attacks, Attack{Command: "process_exec pid 0", Limits: limits, Policy: "permissive", Needs: ProcessLimit,
		Check: all(status(runner.OK, runner.TimeLimit, runner.WallLimit), atMost(16))})
}

// atMost holds if there were never more processes.
func atMost(limit int64) Check {
	return func(o *Outcome) error {
		if o.Result.ProcessesPeak > limit {
			return fmt.Errorf("%d processes at once, the limit is %d", o.Result.ProcessesPeak, limit)
		}
		return nil
	}
}

// own are attempts that are about the program itself, and harmless.
var own = []string{
	"read[/etc/passwd]", "read[/proc/self/oom_score_adj]", "write[/proc/self/oom_score_adj]",
	"read[/proc/self/uid_map]", "write[/proc/self/uid_map]", "write[/proc/self/mem]", "read[/proc/self/mem]",
	"write[/proc/self/attr/current]", "read[/proc/self/attr/current]", "read[/proc/self/loginuid]", "write[/proc/self/loginuid]",
	"read[/dev/null]", "write[/dev/null]", "read[/dev/zero]", "write[/dev/zero]", "read[/dev/urandom]", "write[/dev/urandom]",
	"created[/tmp]", "created[/dev/shm]", "dumpable", "pdeathsig", "subreaper",
	"unix", "tcp", "udp", "tcp6", "netlink_route", "netlink_netfilter", "netlink_audit",
}

// ownInit is what works on pid 1 where the judge has but one user id to give.
// What happens to pid 1 happens to the run: it ends.
var ownInit = []string{"init_limit_get", "init_limit_set", "init_priority", "init_affinity", "init_signal", "kill"}

// both is an attack under the policy that lets most pass, where the sandbox
// itself must hold, and under the default one.
func both(command string, needs Needs, allowed ...string) []Attack {
	limits := runner.Limits{CPU: 20 * time.Second, Processes: 16}
	check := nothing(slices.Concat(own, allowed)...)
	return []Attack{
		{Command: command, Policy: "permissive", Limits: limits, Needs: needs, Check: all(status(runner.OK), check)},
		{Command: command, Policy: "default", Limits: limits, Needs: needs, Check: all(status(runner.OK, runner.ForbiddenAccess), check)},
	}
}

func fileAttacks() []Attack {
	return slices.Concat(both("escape_files", 0), both("escape_files /etc/shadow /root /proc/1/mem /proc/1/environ /dev/mem /dev/kmsg /usr/bin/env", 0, "read[/usr/bin/env]"),
		both("escape_exe", 0), both("escape_write", 0), both("escape_root /etc/shadow", 0))
}

func namespaceAttacks() []Attack {
	return slices.Concat(both("escape_namespace", 0), both("escape_privilege", 0), both("escape_process", RootJudge), both("escape_process", 0, ownInit...),
		both("escape_socket families", 0), both("escape_socket connect 127.0.0.1 "+hostPort, 0), both("escape_socket connect 169.254.169.254 80", 0),
		both("escape_socket unix "+hostSocket, 0), both("escape_socket unix /run/systemd/notify", 0), identity(),
		both("process_kill visible", 0, ownInit...), both("process_kill init", 0, ownInit...), both("process_kill all", 0, ownInit...))
}

// identity is what a program finds out about itself: nothing of the judge's.
func identity() []Attack {
	return []Attack{{Command: "whoami", Policy: "permissive", Check: all(status(runner.OK),
		is("hostname", "sandbox"), is("fds", "3"), is("cap_effective", nobody), is("cap_permitted", nobody),
		is("cap_inheritable", nobody), is("cap_ambient", nobody), is("no_new_privs", "1"), is("seccomp", "2"),
		is("euid", "1000"), is("uid", "1000"), is("groups", "", "65534"), is("rlimit_core", "0:0"),
		is("tty", "ENOENT", "ENXIO"), is("pid", "2"), is("ppid", "0"), noCgroup)}}
}

// noCgroup holds if a program does not see where in the machine's cgroups it is.
func noCgroup(o *Outcome) error {
	for name, line := range o.Values {
		if strings.HasPrefix(name, "cgroup[") && !strings.HasSuffix(line, ":/") {
			return fmt.Errorf("%s is %s", name, line)
		}
	}
	return nil
}

// nobody is an empty set of capabilities.
const nobody = "0000000000000000"

// syscallAttacks knock at the parts of the kernel that most holes were found in.
func syscallAttacks() (attacks []Attack) {
	fatal := all(status(runner.ForbiddenAccess))
	for _, call := range []string{
		"ptrace", "bpf", "init_module", "mount", "kexec_load", "io_uring_setup", "add_key", "unshare", "setns",
		"open_by_handle_at", "process_vm_writev", "reboot", "swapon", "iopl", "userfaultfd", "perf_event_open", "pivot_root",
	} {
		if number, known := seccomp.Number(call); known {
			attacks = append(attacks, Attack{Command: "syscall " + strconv.Itoa(int(number)) + " 0 0 0 0 0 0", Check: refused(call)})
		}
	}
	return append(attacks, Attack{Command: "escape_kernel", Limits: runner.Limits{Processes: 8}, Check: fatal})
}

// refused holds if the call was fatal, and named, or failed with EPERM or ENOSYS.
func refused(call string) Check {
	return func(o *Outcome) error {
		if o.Result.Status == runner.ForbiddenAccess {
			return names(call)(o)
		}
		return all(status(runner.OK), value("errno", "EPERM", "ENOSYS", "EACCES"), value("returned"))(o)
	}
}

// signalAttacks want their end to be taken for another.
func signalAttacks() []Attack {
	limits := runner.Limits{Processes: 8, Wall: 3 * time.Second}
	var attacks []Attack
	for command, number := range map[string]unix.Signal{
		"signal_raise 9": unix.SIGKILL, "signal_raise abort": unix.SIGABRT, "signal_raise 24": unix.SIGXCPU,
		"signal_raise 25": unix.SIGXFSZ, "signal_raise 31": unix.SIGSYS, "signal_raise 15": unix.SIGTERM,
		"signal_fault null_read": unix.SIGSEGV, "signal_core": unix.SIGABRT, "process_kill group": unix.SIGKILL,
	} {
		attacks = append(attacks, Attack{Command: command, Policy: "permissive", Limits: limits, Check: all(status(runner.RuntimeError), signal(number))})
	}
	slices.SortFunc(attacks, func(a, b Attack) int { return len(a.Command) - len(b.Command) })
	return attacks
}

// timingAttacks want to hang the judge.
func timingAttacks() (attacks []Attack) {
	limits := runner.Limits{Wall: 150 * time.Millisecond, Processes: 8}
	for _, command := range []string{"wall_hang stop", "wall_hang sleep", "wall_hang ignore", "wall_hang stdin", "wall_hang closed", "wall_hang pipe", "wall_hang lock", "sleep 60000"} {
		want := status(runner.WallLimit)
		attacks = append(attacks, Attack{Command: command, Policy: "permissive", Limits: limits, Check: want})
	}
	for i := range attacks {
		if attacks[i].Command == "wall_hang stdin" {
			attacks[i].Check = status(runner.WallLimit, runner.OK)
		}
	}
	return attacks
}

// ipcAttacks find what an earlier run has left for them.
func ipcAttacks() (attacks []Attack) {
	for _, kind := range []string{"ipc_sysv %s 4711", "ipc_posix %s bailiff", "ipc_file %s bailiff", "ipc_socket %s bailiff", "ipc_keyring %s bailiff", "ipc_daemon %s bailiff"} {
		attacks = append(attacks, Attack{
			Before: fmt.Sprintf(kind, "plant"), Command: fmt.Sprintf(kind, "find"), Policy: "permissive", Limits: runner.Limits{Processes: 8},
			Check: all(status(runner.OK), nothing(), value("neighbours", "1")),
		})
	}
	return attacks
}

// leftoverAttacks want to outlive their run.
func leftoverAttacks() (attacks []Attack) {
	for _, how := range []string{"hold", "close", "ignore", "stop", "hop", "chatter"} {
		attacks = append(attacks, Attack{Command: "process_daemon " + how, Policy: "permissive", Limits: runner.Limits{Processes: 8, Output: 64 * kib},
			Check: status(runner.OK, runner.OutputLimit)})
	}
	return attacks
}

// foreignAttacks come by doors where numbers mean other calls.
func foreignAttacks() (attacks []Attack) {
	for _, door := range []string{"int80", "x32"} {
		for _, name := range []string{"default", "permissive"} {
			attacks = append(attacks, Attack{Command: "abi_foreign " + door, Policy: name, Needs: AMD64,
				Check: all(status(runner.ForbiddenAccess, runner.RuntimeError, runner.OK), value("returned"))})
		}
	}
	return attacks
}
