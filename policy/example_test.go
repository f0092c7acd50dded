package policy_test

import (
	"fmt"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
)

func ExampleParse() {
	ours, err := policy.Parse("ours", []byte(`
about: One thread, and pseudo-random numbers that repeat.
extends: strict
rules:
  - do: ENOSYS
    calls: [getrandom]
    why: answers must not depend on chance
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, call := range []string{"getrandom", "write", "fork"} {
		answer, err := ours.Explain(call)
		fmt.Println(call, answer, err)
	}
	// Output:
	// getrandom ENOSYS by ours rule 1 (answers must not depend on chance) <nil>
	// write allow by strict rule 1, group $descriptors <nil>
	// fork kill by default of strict <nil>
}

// A supervisor that sees paths asks about each.
func ExamplePolicy_Decide() {
	p, err := policy.Parse("ours", []byte(`
extends: interpreter
files:
  denied: EACCES
  allow: [{access: [read, execute], paths: [/usr/**, /lib/**]}]
  deny: [{access: [read], paths: [/usr/share/answers/**]}]
`))
	if err != nil {
		fmt.Println(err)
		return
	}
	_, err = p.Filter(policy.FilterOptions{Ask: seccomp.Notify})
	fmt.Println(err)
	for _, path := range []string{"/usr/bin/python3", "/usr/share/answers/1", "/etc/shadow"} {
		d := p.Decide(policy.OpenAccess(unix.O_RDONLY), path)
		fmt.Println(path, d.Allow, d.Rule)
	}
	// Output:
	// <nil>
	// /usr/bin/python3 true ours files allow 1: /usr/**
	// /usr/share/answers/1 false ours files deny 1: /usr/share/answers/**
	// /etc/shadow false files of ours: no rule allows read
}
