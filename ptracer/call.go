package ptracer

import (
	"slices"
	"strings"

	"github.com/bailiff-judge/bailiff/internal/callargs"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// call is a call that a thread makes.
type call struct {
	*supervisor.Call
	answer supervisor.Answer
	text   string // for the log, once it is known
	// followed says that its end is to be seen too.
	followed bool
	// skipped is what it is to return instead of happening, if it isn't to.
	skipped *int64
	// blocked says that others may have run since it was decided about.
	blocked bool
}

// opens says whether the call returns a descriptor of the file it names.
func (c *call) opens() bool {
	args := policy.PathArgs(c.Name)
	return len(args) == 1 && (args[0].Kind == policy.OpenHow || args[0].Kind == policy.OpenHow2 || c.Name == "creat")
}

func (c *call) executes() bool { return c.Name == "execve" || c.Name == "execveat" }

// Values of ptrace_syscall_info.op.
const (
	opEntry   = 1
	opExit    = 2
	opSeccomp = 3
)

// atCall is a stop at the beginning or the end of a call.
func (r *Run) atCall(t *tracee) {
	info, err := getSyscallInfo(t.tid)
	if err != nil {
		r.fail("read a system call", err)
		r.resume(t, 0)
		return
	}
	switch {
	case info.op == opExit:
		r.leave(t, int64(info.nr))
	case info.op != opEntry && info.op != opSeccomp:
		r.resume(t, 0)
	case !r.executed:
		r.resume(t, 0) // forkexec's own
	case info.op == opSeccomp && t.call != nil && r.options.Every && (info.retData != fatalTag || t.call.skipped != nil):
		r.resume(t, 0) // decided already, when it was entered
	default:
		r.enter(t, &info)
	}
}

// enter is the beginning of a call.
func (r *Run) enter(t *tracee, info *syscallInfo) {
	t.drop()
	r.result.Calls++
	r.placing.stopped(r, t)
	fatal := info.op == opSeccomp && info.retData == fatalTag
	if r.options.Handler == nil && r.options.Log == nil && !fatal {
		r.resume(t, 0)
		return
	}
	data := seccomp.Data{Number: int32(info.nr), Arch: info.arch, IP: info.ip, Args: info.args}
	name := seccomp.SyscallName(data.Arch, data.Number)
	process := supervisor.NewMemory(t.tid)
	c := &call{}
	if r.options.Handler != nil {
		if len(policy.PathArgs(name)) > 0 {
			r.freeze(t)
		}
		c.Call = r.understand(t, data, &memory{process, r, t})
	} else {
		c.Call = &supervisor.Call{TID: t.tid, PID: t.process(), Data: data, Name: name, Memory: process}
	}
	t.call = c
	switch {
	case fatal:
		c.answer.Kind = supervisor.Kill
	case r.options.Handler != nil:
		c.answer = r.options.Handler.Enter(c.Call)
	}
	if r.options.Log != nil {
		c.text = name + "(" + strings.Join(callargs.Format(&data, name, process), ", ") + ")"
	}
	if r.tracees[t.tid] != t || r.killing { // meanwhile, while others were waited for
		t.drop()
	} else {
		r.carryOut(t, c)
	}
	r.settle()
}

// understand finds out what a call means. All threads of a run have the same
// root directory, unless one of them was allowed to leave it.
func (r *Run) understand(t *tracee, data seccomp.Data, memory supervisor.Memory) *supervisor.Call {
	if r.root == nil && !r.roots {
		// Why it can't be opened is what NewCall then says of the call's files.
		if root, err := supervisor.OpenRoot(t.tid); err == nil {
			r.root = root
		}
	}
	if r.roots || r.root == nil {
		return supervisor.NewCall(t.tid, t.process(), data, memory)
	}
	return r.root.NewCall(t.tid, t.process(), data, memory)
}

// leavesRoot says whether a call may change the root directory of a thread.
func (c *call) leavesRoot() bool {
	return slices.Contains([]string{"chroot", "pivot_root", "setns", "unshare"}, c.Name)
}

// carryOut does as the Handler has answered, and lets the thread go on.
func (r *Run) carryOut(t *tracee, c *call) {
	switch c.answer.Kind {
	case supervisor.Kill:
		r.violated(c, c.Files, c.answer.Rule)
	case supervisor.Fail:
		r.skip(t, -int64(c.answer.Errno))
	case supervisor.Fake:
		r.skip(t, c.answer.Value)
	case supervisor.Allow:
		r.roots = r.roots || c.leavesRoot()
		raced := r.frozen != nil && len(r.tracees) > 1
		c.followed = raced || c.answer.Exit != nil || r.options.Log != nil
		if !c.followed && !c.executes() {
			t.drop()
		}
		r.resume(t, 0)
		if raced {
			r.await(t, c)
		}
		return
	}
	r.release(t)
}

// skip makes a call return without happening. If that can't be done, the call
// must not happen either.
func (r *Run) skip(t *tracee, result int64) {
	// Where each call stops, the filter comes after us, and has an answer to -1.
	if t.call.followed = r.options.Every || r.options.Log != nil; t.call.followed {
		t.call.skipped = &result
	} else {
		t.drop()
	}
	r.fail("answer a system call", skip(t.tid, result))
}

// violated ends the run because of a call. The threads are killed where they
// are stopped, so that it does not happen.
func (r *Run) violated(c *call, files []supervisor.File, rule string) {
	if r.killing {
		return
	}
	r.result.Violation = supervisor.NewViolation(c.Call, files, rule)
	r.log.killed(c)
	r.killAll()
}

// leave is the end of a call that was followed.
func (r *Run) leave(t *tracee, result int64) {
	c := t.call
	if c == nil {
		r.resume(t, 0)
		return
	}
	if c.skipped != nil && result != *c.skipped {
		result = *c.skipped
		r.fail("answer a system call", setResult(t.tid, result))
	}
	if c.blocked {
		if r.freeze(t); r.tracees[t.tid] != t { // it was killed meanwhile
			r.settle()
			return
		}
	}
	if r.frozen != nil && len(r.tracees) > 1 && result >= 0 && c.opens() {
		r.checkOpened(t, c, int(result))
	}
	if c.answer.Exit != nil && c.answer.Kind == supervisor.Allow {
		c.answer.Exit(c.Call, result)
	}
	r.log.call(c, result)
	t.drop()
	r.release(t)
	r.settle()
}

// memory is a thread's, whose reading stops all others: what was read must not
// change before it is used.
type memory struct {
	*supervisor.ProcessMemory
	run    *Run
	thread *tracee
}

// Read is [supervisor.Memory]'s.
func (m *memory) Read(address uint64, p []byte) (int, error) {
	m.run.freeze(m.thread)
	return m.ProcessMemory.Read(address, p)
}
