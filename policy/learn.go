package policy

import (
	"fmt"
	"maps"
	"slices"

	"github.com/goccy/go-yaml"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// Learner gathers what a program calls, for the smallest policy under which it
// would have run the same. It is not safe for concurrent use.
type Learner struct {
	base *Policy
	seen map[string]*observed
}

type observed struct {
	answers map[seccomp.Action]bool
	values  map[Value]bool // of the decisive argument, where the call was allowed
}

// decisive is the argument by which calls that do many things are told apart.
var decisive = map[string]int{"ioctl": 1, "prctl": 0, "socket": 0, "clone": 0, "personality": 0, "seccomp": 0, "fcntl": 1}

// NewLearner answers as base does, which should let through all that can be
// learned: the policy "permissive".
func NewLearner(base *Policy) *Learner {
	return &Learner{base: base, seen: map[string]*observed{}}
}

// Observe notes a call, and says what is to be done with it.
func (l *Learner) Observe(d *seccomp.Data) seccomp.Action {
	answer := l.base.Call(d).Action
	name := seccomp.SyscallName(d.Arch, d.Number)
	if seccomp.CheckName(name) != nil {
		return answer // a number without a name, or a foreign door
	}
	o := l.seen[name]
	if o == nil {
		o = &observed{map[seccomp.Action]bool{}, map[Value]bool{}}
		l.seen[name] = o
	}
	o.answers[answer] = true
	if arg, ok := decisive[name]; ok && answer.Permits() {
		o.values[Value(uint32(d.Args[arg]))] = true
	}
	return answer
}

// kernelMade are the calls that the kernel makes in a program's name, or that a
// signal may make of any other, and those by which it starts.
var kernelMade = []string{"execve", "restart_syscall", "rt_sigreturn"}

// byChance are the calls that a program with threads makes or not, as their
// race has it.
var byChance = []Call{"clock_nanosleep", "epoll_pwait", "exit", "futex", "getpid", "gettid", "madvise", "mmap", "mprotect",
	"munmap", "nanosleep", "rt_sigprocmask", "sched_yield", "tgkill"}

// Definition is the policy: all that was allowed, with the values seen of
// arguments that decide what a call does; what was refused, refused in the
// same way; all else kills.
func (l *Learner) Definition(about string) Definition {
	d := Definition{About: about, Default: "kill"}
	plain := Rule{Do: "allow"}
	for _, name := range kernelMade {
		if l.seen[name] == nil {
			plain.Calls = append(plain.Calls, Call(name))
		}
	}
	byAnswer := map[string][]Call{}
	for _, name := range slices.Sorted(maps.Keys(l.seen)) {
		o := l.seen[name]
		for answer := range o.answers {
			arg, several := decisive[name]
			switch {
			case !answer.Permits():
				byAnswer[actionText(answer)] = append(byAnswer[actionText(answer)], Call(name))
			case several:
				d.Rules = append(d.Rules, Rule{Do: "allow", Calls: []Call{Call(name)},
					When: []Condition{{Arg: &arg, In: slices.Sorted(maps.Keys(o.values))}}})
			default:
				plain.Calls = append(plain.Calls, Call(name))
			}
		}
	}
	slices.Sort(plain.Calls)
	d.Rules = append([]Rule{plain}, d.Rules...)
	if chance := l.chance(); len(chance) > 0 {
		d.Rules = append(d.Rules, Rule{Do: "allow", Calls: chance, Why: "threads make these or not, as chance has it"})
	}
	for _, answer := range slices.Sorted(maps.Keys(byAnswer)) {
		d.Rules = append(d.Rules, Rule{Do: answer, Calls: byAnswer[answer]})
	}
	return d
}

// chance is what a program that has made threads may call another time.
func (l *Learner) chance() (calls []Call) {
	clone := l.seen["clone"]
	if clone == nil || !slices.ContainsFunc(slices.Collect(maps.Keys(clone.values)), func(v Value) bool { return v&constants["CLONE_THREAD"] != 0 }) {
		return nil
	}
	for _, name := range byChance {
		if l.seen[string(name)] == nil {
			calls = append(calls, name)
		}
	}
	return calls
}

// YAML is the definition as a file, which [Parse] reads.
func (d Definition) YAML() ([]byte, error) {
	text, err := yaml.Marshal(d)
	if err != nil {
		return nil, fmt.Errorf("policy: %w", err)
	}
	return text, nil
}
