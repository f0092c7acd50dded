package selftest

import (
	"fmt"

	"github.com/bailiff-judge/bailiff/policy"
)

// Policies of our own, for what no named one lets a program try.
const (
	// tracing lets programs trace, where the kernel does.
	tracing = "tracing"
	// guarded lets everything be done to files, but to the field's secret.
	guarded = "guarded"
)

var ownPolicies = map[string]string{
	tracing: `
about: Everything that permissive allows, and to trace others.
extends: permissive
rules: [{do: allow, calls: [ptrace, process_vm_readv, kcmp]}]
`,
	guarded: `
about: Everything that permissive allows, and all files but one directory.
extends: permissive
files:
  allow: [{access: [read, write, create, execute], paths: ["/**"]}]
  deny:
    - {access: [read, write, create, execute], paths: ["` + fieldPlace + `/secret/**"]}
    - {access: [write, create], paths: ["` + inside + `"], why: what a program can change is not executed in mode notify}
`,
}

// policy is that of a name, ours or a named one.
func (b *Bench) policy(name string) (*policy.Policy, error) {
	if p := b.policies[name]; p != nil {
		return p, nil
	}
	var p *policy.Policy
	var err error
	if text, own := ownPolicies[name]; own {
		p, err = policy.Parse(name, []byte(text))
	} else {
		p, err = policy.Named(name)
	}
	if err != nil {
		return nil, fmt.Errorf("selftest: %w", err)
	}
	if b.policies == nil {
		b.policies = map[string]*policy.Policy{}
	}
	b.policies[name] = p
	return p, nil
}
