package runner

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/initstub"
	"github.com/bailiff-judge/bailiff/internal/kernel"
)

// Repeatable takes away what makes the same program on the same input behave
// differently from run to run. What is asked for and can't be had here fails
// the run with a [*RepeatableError]. [Spec.CPUs] belongs to it, too.
//
// Some of what differs stays: the time of day, the random numbers that the
// kernel gives (getrandom(2), /dev/urandom, AT_RANDOM), what CPUID says, and
// the order in which threads run. And it holds for programs that don't want to
// be different: one that does can give itself back most of it.
type Repeatable struct {
	// Addresses are the same in each run: those of the program, its stack, heap
	// and libraries (personality(2), ADDR_NO_RANDOMIZE).
	Addresses bool
	// Clocks has CLOCK_MONOTONIC and CLOCK_BOOTTIME begin at 0, and so the
	// uptime (time_namespaces(7)); Linux 6.3.
	Clocks bool
	// Hashes gives interpreters whose hash tables are ordered anew in each run a
	// seed, by environment variables that Env does not name itself: Python, Perl.
	Hashes bool
	// NoTSC makes a SIGSEGV of reading the processor's time-stamp counter
	// (prctl(2), PR_SET_TSC); amd64. Honest programs don't survive it unless
	// they are static and ask for no time: the C library's loader reads the
	// counter, and so does clock_gettime(2) where it makes no system call.
	NoTSC bool
}

// RepeatableError says that something that [Repeatable] asks for can't be had
// here. It wraps the reason and matches errors.ErrUnsupported.
type RepeatableError struct {
	Name string // addresses, clocks, no_tsc
	Err  error
}

func (e *RepeatableError) Error() string {
	return fmt.Sprintf("runner: repeatable %s: %v; do without, or ask Sandbox.Repeatable for what can be had", e.Name, e.Err)
}

// Unwrap returns the reason.
func (e *RepeatableError) Unwrap() error { return e.Err }

// Is makes errors.Is(err, errors.ErrUnsupported) true.
func (e *RepeatableError) Is(target error) bool { return target == errors.ErrUnsupported }

// Repeatable returns all that can be had here, but for NoTSC, which breaks
// honest programs, and says what can't, and why.
func (s *Sandbox) Repeatable() (Repeatable, []*RepeatableError) {
	r := Repeatable{Hashes: true}
	var lacking []*RepeatableError
	for _, can := range s.repeatables() {
		switch {
		case can.err != nil:
			lacking = append(lacking, &RepeatableError{can.name, can.err})
		case !can.harmful:
			*can.field(&r) = true
		}
	}
	return r, lacking
}

// repeatable is what may be lacking.
type repeatable struct {
	name    string
	field   func(*Repeatable) *bool
	harmful bool
	err     error // why it can't be had
}

// repeatables tries all of it, the first time.
func (s *Sandbox) repeatables() []repeatable {
	s.repeats.Do(func() {
		s.repeatable = []repeatable{
			{"addresses", func(r *Repeatable) *bool { return &r.Addresses }, false, kernel.FixesAddresses()},
			{"clocks", func(r *Repeatable) *bool { return &r.Clocks }, false, s.zeroesClocks()},
			{"no_tsc", func(r *Repeatable) *bool { return &r.NoTSC }, true, kernel.RefusesTSC()},
		}
	})
	return s.repeatable
}

// check says what is asked for and can't be had.
func (s *Sandbox) checkRepeatable(r Repeatable) error {
	if r == (Repeatable{}) {
		return nil
	}
	for _, can := range s.repeatables() {
		if *can.field(&r) && can.err != nil {
			return &RepeatableError{can.name, can.err}
		}
	}
	return nil
}

// zeroesClocks starts a process in a time namespace: before Linux 6.3 it would
// not be in it, and nothing else tells.
func (s *Sandbox) zeroesClocks() error {
	config := forkexec.Config{
		Path: initstub.Name, ExecFile: true, Files: 1, BlockSignals: true,
		Namespaces: forkexec.Time, ZeroClocks: true,
	}
	if !s.root {
		s.ownNamespace(&config)
	}
	prepared, err := forkexec.Prepare(config)
	if err != nil {
		return err
	}
	process, err := prepared.Start(forkexec.Inputs{Exec: s.stub, Files: []*os.File{s.lifeline}})
	if err != nil {
		return err
	}
	theirs, err := os.Readlink(fmt.Sprintf("/proc/%d/ns/time", process.PID))
	_, stopErr := stop(process)
	if err := errors.Join(err, stopErr); err != nil {
		return err
	}
	ours, err := os.Readlink("/proc/self/ns/time")
	if err == nil && theirs == ours {
		err = errors.New("a program does not enter its time namespace: Linux 6.3 is needed")
	}
	return err
}

// apply has a program started so.
func (r Repeatable) apply(config *forkexec.Config) {
	config.FixedAddresses, config.RefuseTSC = r.Addresses, r.NoTSC
	if r.Clocks {
		config.Namespaces |= forkexec.Time
		config.ZeroClocks = true
	}
	if r.Hashes {
		config.Env = withSeeds(config.Env)
	}
}

// seeds are what interpreters take for the seed of their hash tables:
// python(1), perlrun(1).
var seeds = []string{"PYTHONHASHSEED=0", "PERL_HASH_SEED=0", "PERL_PERTURB_KEYS=0"}

// withSeeds adds those that an environment does not name.
func withSeeds(env []string) []string {
	all := env[:len(env):len(env)]
	for _, seed := range seeds {
		name, _, _ := strings.Cut(seed, "=")
		named := false
		for _, entry := range env {
			named = named || strings.HasPrefix(entry, name+"=")
		}
		if !named {
			all = append(all, seed)
		}
	}
	return all
}
