package policy

import (
	"fmt"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// A socket of AF_UNIX has a name that is a path. Those whose messages each say
// where they go say it in memory, and with what they send; nobody can look at
// that in the program's place. So under rules about files there are none but
// pairs, which are connected from birth and whose messages go nowhere else.
// What is left is to ask about bind and connect: the one makes a name also for
// a socket of a pair, and the other fails, but its errno tells what is there.

// socketRules refuse sockets that could be named, or could send to one that is.
// They stand under the policy as the floor does.
func (f *fileRules) socketRules() ([]rule, error) {
	arg := func(i int) *int { return &i }
	value := func(v Value) *Value { return &v }
	kind := func(name string) Condition {
		return Condition{Arg: arg(1), Mask: value(0xf), Is: value(constants[name])} // without SOCK_CLOEXEC and SOCK_NONBLOCK
	}
	rules := []Rule{
		{Calls: []Call{"socket"}, When: []Condition{{Arg: arg(0), Is: value(constants["AF_UNIX"])}}, Why: "it can be named by a path, or reach one that is"},
		{Calls: []Call{"socketpair"}, When: []Condition{{Any: []Condition{kind("SOCK_DGRAM"), kind("SOCK_RAW")}}}, Why: "each end can send to any socket that has a path"},
	}
	checked := make([]rule, len(rules))
	for i, r := range rules {
		r.Do = actionText(f.denied.action)
		var err error
		if checked[i], err = r.check(f.denied.label); err != nil {
			return nil, fmt.Errorf("sockets: %w", err)
		}
	}
	return checked, nil
}

// DecideSocket is about the name of a socket of AF_UNIX: rules about files, if
// there are any, allow none, whatever they allow its path.
func (p *Policy) DecideSocket() Decision {
	if p.files == nil {
		return Decision{Allow: true, Rule: p.name + " has no rules about files", Answer: seccomp.Allow}
	}
	return Decision{Rule: p.files.denied.label + ": they allow no names of sockets", Answer: p.files.denied.action}
}
