package runner

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/landlock"
	"github.com/bailiff-judge/bailiff/policy"
)

// checkHost says whether a program may be left in the judge's own file system.
func checkHost(spec *Spec, mode Mode, rules *policy.Policy) error {
	switch {
	case !spec.Host:
		return nil
	case spec.Root != nil || spec.Keep != nil:
		return fmt.Errorf("runner: Host leaves the program in the judge's own file system, so there is no Root to show and none to keep: %w", unix.EINVAL)
	case supervised(mode) == "" || !rules.HasFiles():
		return fmt.Errorf("runner: Host leaves every file to the policy: %s has no rules about files: %w", rules.Name(), unix.EINVAL)
	}
	return nil
}

// rulesetKey is what a ruleset is made of.
type rulesetKey struct {
	rules   *policy.Policy
	program string // absolute
}

// ruleset is the second wall around a program in the judge's own file system:
// where the supervisor is mistaken, the kernel still lets it touch nothing but
// the directories that its policy speaks of. It is nil where the kernel has none.
func (s *Sandbox) ruleset(spec *Spec, rules *policy.Policy) (*os.File, error) {
	program := spec.Args[0]
	if !filepath.IsAbs(program) {
		// The program's process begins where the judge is, as Abs does.
		var err error
		if program, err = filepath.Abs(filepath.Join(spec.dir(), program)); err != nil {
			return nil, fmt.Errorf("runner: %s: %w", spec.Args[0], err)
		}
	}
	// One that is no longer kept is closed when no start uses it any more.
	return cached(s, s.rulesets, rulesetKey{rules, program}, func() (*os.File, error) {
		file, err := landlock.NewRuleset(wall(rules, program))
		if errors.Is(err, unix.ENOSYS) || errors.Is(err, unix.EOPNOTSUPP) {
			s.log.Debug("no second wall around files", "reason", err)
			return nil, nil
		}
		return file, err
	})
}

// wall is a policy's rules as far as directories can tell them.
func wall(rules *policy.Policy, program string) []landlock.Rule {
	list := []landlock.Rule{{Path: program, Access: landlock.Read | landlock.Execute}}
	for _, r := range rules.Reaches() {
		// The judge's own directory there is not the program's.
		if r.Path == "/proc/self" || strings.HasPrefix(r.Path, "/proc/self/") {
			r.Path = "/proc"
		}
		var access, around landlock.Access
		for _, known := range []struct {
			asked         policy.Access
			there, around landlock.Access
		}{
			{policy.Read, landlock.Read, 0},
			{policy.Execute, landlock.Read | landlock.Execute, 0}, // the kernel opens it to read
			{policy.Write, landlock.Write, landlock.Write},
			{policy.Create, landlock.Create | landlock.Write, landlock.Create},
		} {
			if r.Access&known.asked != 0 {
				access |= known.there
				around |= known.around
			}
		}
		list = append(list, landlock.Rule{Path: r.Path, Access: access})
		// A name is made and removed by right of the directory it is in.
		if around != 0 {
			list = append(list, landlock.Rule{Path: filepath.Dir(r.Path), Access: around &^ unix.LANDLOCK_ACCESS_FS_WRITE_FILE &^ unix.LANDLOCK_ACCESS_FS_TRUNCATE})
		}
	}
	return slices.DeleteFunc(list, func(r landlock.Rule) bool { return r.Access == 0 })
}
