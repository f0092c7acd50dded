package supervisor

import (
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
)

// PolicyHandler answers as a policy does. It is safe for concurrent use, as far
// as the Handler that it asks is.
type PolicyHandler struct {
	policy *policy.Policy
	ask    Handler
}

// New is a policy as a Handler. Calls about which the policy says "ask", and
// whose files it allows, are for ask; if that is nil, they are allowed.
func New(p *policy.Policy, ask Handler) *PolicyHandler { return &PolicyHandler{p, ask} }

// Enter is [Handler]'s.
func (h *PolicyHandler) Enter(c *Call) Answer {
	decided := h.policy.Call(&c.Data)
	if decided.Action != seccomp.Notify && !decided.Action.Permits() {
		return refuse(decided.Action, decided.String())
	}
	rule := decided.Rule
	for i := range c.Files {
		f := &c.Files[i]
		if f.Opened {
			continue
		}
		if f.Socket {
			d := h.policy.DecideSocket()
			if rule = d.Rule; !d.Allow {
				return refuse(d.Answer, d.Rule)
			}
		}
		if f.Path != "" {
			d := h.policy.Decide(f.Access, f.Path)
			if rule = d.Rule; !d.Allow {
				return refuse(d.Answer, d.Rule)
			}
		}
		if f.Err != nil {
			return fail(f.Err)
		}
	}
	if strings.HasPrefix(c.Name, "rename") && len(c.Files) == 2 {
		from, to := c.Files[0].Path, c.Files[1].Path
		moved := h.policy.DecideMove(from, to)
		if moved.Allow && c.Name == "renameat2" && c.int32(4)&unix.RENAME_EXCHANGE != 0 {
			moved = h.policy.DecideMove(to, from)
		}
		if !moved.Allow {
			return refuse(moved.Answer, moved.Rule)
		}
	}
	// A policy with rules about files asks about every call that has one.
	if h.ask != nil && decided.Action == seccomp.Notify && (len(c.Files) == 0 || !h.policy.HasFiles()) {
		return h.ask.Enter(c)
	}
	return Answer{Rule: rule}
}

// Everywhere says whether all files may be used so, whatever they are called.
func (h *PolicyHandler) Everywhere(access policy.Access) bool { return h.policy.Everywhere(access) }

// May says whether a file may be used in all of these ways.
func (h *PolicyHandler) May(access policy.Access, path string) bool {
	return h.policy.Decide(access, path).Allow
}

// refuse is an action of a policy as an Answer.
func refuse(action seccomp.Action, rule string) Answer {
	if action.Kind() == seccomp.Errno(0) {
		return Answer{Kind: Fail, Errno: unix.Errno(action.Data()), Rule: rule}
	}
	return Answer{Kind: Kill, Rule: rule}
}

// fail answers for a file that isn't there.
func fail(err error) Answer {
	errno, ok := err.(unix.Errno)
	if !ok {
		errno = unix.EIO
	}
	return Answer{Kind: Fail, Errno: errno, Rule: "its path means nothing: " + errno.Error()}
}
