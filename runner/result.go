package runner

import (
	"encoding/json"
	"time"

	"golang.org/x/sys/unix"
)

// Unmeasured stands for a number that nothing here measures.
const Unmeasured = -1

// Result is what happened to a run, and the evidence for it.
type Result struct {
	Status Status
	// Error says what failed, if Status is InternalError.
	Error string

	// ExitCode is the program's, -1 if a signal ended it; Signal is that
	// signal, 0 if it exited.
	ExitCode int
	Signal   unix.Signal

	// CPU is user and system time of all processes; User and System are its
	// parts, as the kernel samples them.
	CPU, User, System time.Duration
	// Wall is the time from exec to the end, Setup that from Run to exec.
	Wall, Setup time.Duration

	// Memory is the most that was charged to the run at one time, in bytes.
	Memory int64
	// RSS is the largest resident set of one of its processes, in bytes. The
	// kernel counts the judge's own into it, so it is Unmeasured where it is no
	// larger than that.
	RSS int64
	// Output is how many bytes were written to stdout and stderr. What was on
	// its way when the limit was hit is counted, but not delivered.
	Output int64
	// ProcessesPeak is the most processes and threads at one time.
	ProcessesPeak int64
	// Instructions is how many instructions the processor has completed for the
	// program and all that it has started, from exec on and outside of the
	// kernel: a second clock, which no load and no frequency changes. It is
	// Unmeasured unless [Spec.Instructions] asks for it and the machine can
	// count; InstructionsError says why it can't.
	Instructions      int64
	InstructionsError string
	// NearLimit says that the CPU time or the wall time was within
	// [Spec.Margin] of its limit, above or below: another run may come out
	// differently. It is false where something else decided.
	NearLimit bool

	// Limit is the limit that was hit, if one was.
	Limit *Limit
	// Violation is what the policy forbids and the program did.
	Violation *Violation
	// Crash is what is known of a crash.
	Crash *Crash

	// MeasuredBy names what the numbers were taken from.
	MeasuredBy MeasuredBy
	// Mode is how the sandbox came about, and who was asked: NS, Pool, Ptrace or Notify.
	Mode Mode
}

// Limit is a limit that was hit.
type Limit struct {
	// Name is cpu, wall, memory, output or file_size.
	Name string `json:"name"`
	// Value is the limit: ns or bytes.
	Value int64 `json:"value"`
	// MeasuredBy is what told so: a control file, a clock.
	MeasuredBy string `json:"measured_by"`
}

// Violation is a forbidden system call or file.
type Violation struct {
	// Syscall is the system call's name, with the ABI before it if that is a
	// foreign one: "ptrace", "i386:execve". Empty if the kernel did not tell.
	Syscall string
	// Args are its arguments as text, decoded as far as they are known:
	// "AT_FDCWD", "\"/etc/passwd\"", "O_RDONLY".
	Args []string
	// Path is the file, if it is about one, as the program's root has it.
	Path string
	// Rule is the policy's that forbids it, if a supervisor was asked.
	Rule string
}

// MeasuredBy names, for each number, the control file or call it is from; ""
// where it is not measured.
type MeasuredBy struct {
	CPU       string `json:"cpu"`
	Memory    string `json:"memory"`
	RSS       string `json:"rss"`
	Processes string `json:"processes"`
	// Instructions is "" unless they were asked for.
	Instructions string `json:"instructions,omitempty"`
}

// resultVersion is that of the JSON form. It changes when a field changes its
// meaning or goes away; new fields may come without.
const resultVersion = 1

// MarshalJSON writes the stable form: times in ns, sizes in bytes, signals by
// name, and null for what there is no evidence of.
func (r *Result) MarshalJSON() ([]byte, error) {
	return json.Marshal(struct {
		Version       int     `json:"version"`
		Status        Status  `json:"status"`
		Error         *string `json:"error"`
		ExitCode      *int64  `json:"exit_code"`
		Signal        *string `json:"signal"`
		CPU           *int64  `json:"cpu_ns"`
		User          *int64  `json:"user_ns"`
		System        *int64  `json:"system_ns"`
		Wall          int64   `json:"wall_ns"`
		Setup         int64   `json:"setup_ns"`
		Memory        *int64  `json:"memory_bytes"`
		RSS           *int64  `json:"rss_bytes"`
		Output        int64   `json:"output_bytes"`
		ProcessesPeak *int64  `json:"processes_peak"`
		Instructions  *int64  `json:"instructions"`
		// Only with a reason for null that is not that nobody asked.
		InstructionsError string         `json:"instructions_error,omitempty"`
		NearLimit         bool           `json:"near_limit"`
		Limit             *Limit         `json:"limit"`
		Violation         *jsonViolation `json:"violation"`
		Crash             *jsonCrash     `json:"crash"`
		MeasuredBy        MeasuredBy     `json:"measured_by"`
		Mode              Mode           `json:"mode"`
	}{
		resultVersion, r.Status, text(r.Error), measured(int64(r.ExitCode)), text(signalName(r.Signal)),
		measured(int64(r.CPU)), measured(int64(r.User)), measured(int64(r.System)), int64(r.Wall), int64(r.Setup),
		measured(r.Memory), measured(r.RSS), r.Output, measured(r.ProcessesPeak),
		measured(r.Instructions), r.InstructionsError, r.NearLimit, r.Limit, r.Violation.json(), r.Crash.json(), r.MeasuredBy, r.Mode,
	})
}

type jsonViolation struct {
	Syscall *string  `json:"syscall"`
	Args    []string `json:"args"`
	Path    *string  `json:"path"`
	Rule    *string  `json:"rule"`
}

func (v *Violation) json() *jsonViolation {
	if v == nil {
		return nil
	}
	return &jsonViolation{text(v.Syscall), v.Args, text(v.Path), text(v.Rule)}
}

// text is nil for "".
func text(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

// measured is nil for Unmeasured, and for the exit code of a program that has none.
func measured(n int64) *int64 {
	if n == Unmeasured {
		return nil
	}
	return &n
}

func signalName(s unix.Signal) string {
	if s == 0 {
		return ""
	}
	return unix.SignalName(s)
}
