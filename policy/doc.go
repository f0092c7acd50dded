// Package policy says what a program may call and what it may open, as data
// that a person can read, test and compare.
//
// A [Definition] is what an author writes, in Go or as YAML ([Parse]); a
// [Policy] is one that has been checked, with what it extends. It is asked in
// two ways: [Policy.Filter] compiles what numbers can decide to a seccomp
// filter, and [Policy.Decide] answers for paths, to a supervisor that sees
// them.
//
//	about: What compiled programs of our contest need.
//	extends: strict
//	rules:
//	  - do: allow
//	    calls: [$threads, getcpu]
//	  - do: EPERM
//	    calls: [socket]
//	    when: [{arg: 0, not: AF_UNIX}]
//	files:
//	  denied: EACCES
//	  allow:
//	    - {access: [read, execute], paths: [/usr/**, /lib/**]}
//
// # Which rule decides
//
// The first whose condition holds: a policy's own rules in their order, then
// those of the policy it extends, then the default. One thing stands above
// all: the floor, rules that no policy can lift ([Floor]). Where a policy
// would let a call pass that the floor refuses, the floor's answer is given;
// a policy may refuse it more harshly.
//
// Actions are allow, log (allow, and write it to the audit log), ask (the
// supervisor), kill, trap (SIGSYS), and the name of an errno.
package policy
