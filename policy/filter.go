package policy

import (
	"fmt"
	"slices"

	"github.com/bailiff-judge/bailiff/seccomp"
)

// FilterOptions say what a policy's answers become where they meet the kernel.
type FilterOptions struct {
	// Kill is returned for everything fatal, also for foreign doors; the zero
	// value is KillProcess. With Notify or Trace a supervisor can say what was
	// called, and kills itself.
	Kill seccomp.Action
	// Ask is returned for what a supervisor must be asked about: calls whose
	// rule says so and, if the policy has rules about files, all that take a
	// path: Notify or Trace. Zero means that there is no supervisor; a policy
	// that needs one is then a [SupervisorError].
	Ask seccomp.Action
	// Key, if not 0, lets every call pass that has it as its sixth argument: those
	// by which the program itself is set up and started (see forkexec.Config.Key).
	Key uint64
	// Noted are calls to be told of: where the policy allows one of them, and its
	// condition holds, the filter returns this action instead.
	Noted []seccomp.Rule
	// Flags are for loading.
	Flags seccomp.Flags
}

// SupervisorError is a policy that a filter alone can't enforce.
type SupervisorError struct {
	Policy, Reason string
}

func (e *SupervisorError) Error() string {
	return fmt.Sprintf("policy: %s %s: it needs a supervisor (mode ptrace or notify)", e.Policy, e.Reason)
}

// Asks says whether the policy needs a supervisor: it has rules about files, or
// the action ask.
func (p *Policy) Asks() bool {
	return p.files != nil || p.fallback.action == actionAsk ||
		slices.ContainsFunc(p.all, func(r rule) bool { return len(r.calls) > 0 && r.action == actionAsk })
}

// Filter compiles the policy. It takes about a millisecond: do it once, and
// share the filter.
func (p *Policy) Filter(o FilterOptions) (*seccomp.Filter, error) {
	if o.Ask == 0 && p.files != nil {
		return nil, &SupervisorError{p.name, "has rules about files"}
	}
	kill := seccomp.KillProcess
	if o.Kill != 0 {
		kill = o.Kill
	}
	// become is an action where it meets the kernel.
	become := func(action seccomp.Action, what string) (seccomp.Action, error) {
		switch {
		case action == actionKill:
			return kill, nil
		case action == actionAsk && o.Ask == 0:
			return 0, &SupervisorError{p.name, "asks about " + what}
		case action == actionAsk:
			return o.Ask, nil
		}
		return action, nil
	}
	fallback, err := become(p.fallback.action, "all else")
	if err != nil {
		return nil, err
	}
	compiled := seccomp.Rules{Default: fallback, Foreign: kill, Key: o.Key, Flags: o.Flags}
	for _, r := range p.all {
		if len(r.calls) == 0 {
			continue
		}
		action, err := become(r.action, r.calls[0])
		if err != nil {
			return nil, err
		}
		if action.Permits() {
			compiled.Rules = append(compiled.Rules, noted(o.Noted, r)...)
		}
		compiled.Rules = append(compiled.Rules, seccomp.Rule{Syscalls: r.calls, When: r.when, Action: action})
	}
	if fallback.Permits() {
		compiled.Rules = append(compiled.Rules, o.Noted...)
	}
	return seccomp.Compile(compiled)
}

// noted are the rules for those calls of a rule that are to be told of.
func noted(all []seccomp.Rule, r rule) (list []seccomp.Rule) {
	for _, n := range all {
		both := common(n.Syscalls, r.calls)
		if len(both) == 0 {
			continue
		}
		when := slices.Clone(r.when)
		if n.When != nil {
			when = append(when, n.When)
		}
		list = append(list, seccomp.Rule{Syscalls: both, When: when, Action: n.Action})
	}
	return list
}

// common are those names of a list that another has, too.
func common(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(name string) bool { return !slices.Contains(other, name) })
}

// effective is the policy's rules with the floor worked in: what the floor
// refuses is refused by a rule before each that would let it pass. What takes
// a path is asked about where the policy has rules about files, and sockets that
// could take one are refused.
func (p *Policy) effective() ([]rule, error) {
	floor := floorRules()
	if p.files != nil {
		sockets, err := p.files.socketRules()
		if err != nil {
			return nil, err
		}
		floor = slices.Concat(floor, sockets)
	}
	var all []rule
	add := func(r rule) {
		if lets(r.action) {
			for _, f := range floor {
				both := common(f.calls, r.calls)
				if len(both) > 0 {
					f.calls, f.when, f.When = both, slices.Concat(r.when, f.when), slices.Concat(r.When, f.When)
					all = append(all, f)
				}
			}
		}
		if p.files != nil && r.action.Permits() {
			asked, rest := r, r
			asked.calls, rest.calls, asked.action = nil, nil, actionAsk
			for _, name := range r.calls {
				if _, ok := pathCalls[name]; ok {
					asked.calls = append(asked.calls, name)
				} else {
					rest.calls = append(rest.calls, name)
				}
			}
			all = append(all, asked)
			r = rest
		}
		all = append(all, r)
	}
	for _, r := range p.rules() {
		add(r)
	}
	if lets(p.fallback.action) {
		special := rule{action: p.fallback.action, label: p.fallback.label}
		for _, f := range floor {
			special.calls = append(special.calls, f.calls...)
		}
		if p.files != nil {
			for name := range pathCalls {
				special.calls = append(special.calls, name)
			}
		}
		slices.Sort(special.calls)
		special.calls = slices.Compact(special.calls)
		add(special)
	}
	return all, nil
}

// lets says whether a call may pass.
func lets(a seccomp.Action) bool { return a.Permits() || a == actionAsk }
