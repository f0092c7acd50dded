package doctor

import (
	"sync"

	"github.com/bailiff-judge/bailiff/internal/kernel"
	"github.com/bailiff-judge/bailiff/runner"
)

// repeatableChecks are about what a run can be asked to have kept from it
// (runner.Repeatable, runprog run --repeatable).
func repeatableChecks() []Check {
	const class = "repeatability"
	lacks := sync.OnceValues(lacking)
	var checks []Check
	for _, row := range []struct{ name, lacking, why, mend string }{
		{"fixed addresses", "addresses",
			"runprog run --no-aslr: a program, its stack, heap and libraries at the same addresses in each run",
			"a container whose filter lets personality(ADDR_NO_RANDOMIZE) pass: in Docker, --security-opt seccomp=unconfined"},
		{"clocks from 0", "clocks",
			"runprog run --repeatable: the time since the start of the machine is not another in each run",
			"Linux 6.3, CONFIG_TIME_NS and CAP_SYS_TIME"},
		{"TSC refusal", "no_tsc",
			"runprog run --no-tsc: no program reads the processor's counter unseen",
			"a processor that has one (amd64), and a kernel that knows PR_SET_TSC"},
	} {
		checks = append(checks, Check{class, row.name, 0, func(*Machine) Finding {
			lacks, err := lacks()
			if err != nil {
				return missing("%v", err)
			}
			if reason, is := lacks[row.lacking]; is {
				return missing("%v", reason)
			}
			return ok("works")
		}, row.why, row.mend})
	}
	return append(checks, Check{class, "CPUID faulting", 0, cpuidFaulting,
		"which processor it is would be the same everywhere; without, programs see the machine's own, and libraries choose their code by it",
		"nothing: a program can be refused CPUID only after its exec, so no run uses it"})
}

// lacking is what runs can't be asked for here, by name, and why.
func lacking() (map[string]error, error) {
	sandbox, err := runner.New(runner.Options{BestEffort: true})
	if err != nil {
		return nil, err
	}
	lacks := map[string]error{}
	_, list := sandbox.Repeatable()
	for _, l := range list {
		lacks[l.Name] = l.Err
	}
	return lacks, sandbox.Close()
}

func cpuidFaulting(*Machine) Finding {
	if err := kernel.FaultsCPUID(); err != nil {
		return missing("%v", err)
	}
	return degraded("the processor can, but exec takes it back: not used")
}
