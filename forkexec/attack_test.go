package forkexec_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/mount"
)

// Until it executes its program, a process shares the caller's memory. Another
// program that runs as the same user, where it can see the process, must not
// be able to trace it: it could write to the caller's memory.
func TestNobodyLooksIntoASetUp(t *testing.T) {
	for name, ns := range map[string]forkexec.Namespace{
		"user namespace": forkexec.PID | forkexec.User,
		"privileged":     forkexec.PID,
	} {
		t.Run(name, func(t *testing.T) {
			if ns&forkexec.User == 0 {
				needRoot(t, "an ordinary user's programs can trace the caller itself")
			}
			leakcheck.Check(t)
			held := holder(t, ns)
			fd, err := held.PIDFD()
			require.NoError(t, err)
			defer fd.Close()
			sandbox := func(program string, args ...string) forkexec.Config {
				config := forkexec.Config{
					Join: []forkexec.Namespace{ns}, Namespaces: forkexec.Mount, Files: 2,
					Path: "/program", Args: append([]string{program}, args...),
					Mounts: new(mount.Tree).Bind(testprog.Build(t, program), "/program", 0).Proc("/proc", false),
				}
				if ns&forkexec.User == 0 {
					config.Credential = &forkexec.Credential{UID: 271828, GID: 271828}
				}
				return config
			}
			// The init is pid 1 there, the victim 2.
			attack := func(args ...any) string {
				text, _ := output(t, sandbox("syscall", strings.Fields(fmt.Sprint(args...))...), forkexec.Inputs{Join: []*os.File{fd}})
				return text
			}
			config := sandbox("tiny")
			config.Sync = true
			victim, err := forkexec.Prepare(config)
			require.NoError(t, err)
			process, err := victim.Start(forkexec.Inputs{Join: []*os.File{fd}, Sync: func(int) error {
				// What another start that ends just now leaves behind.
				if err := unix.Prctl(unix.PR_SET_DUMPABLE, 1, 0, 0, 0); err != nil {
					return err
				}
				const seize = 0x4206 // PTRACE_SEIZE, which stops nobody
				assert.Equal(t, "returned=0\n", attack(unix.SYS_KILL, 2, 0), "the victim is there to be seen")
				assert.Equal(t, "errno=EPERM\n", attack(unix.SYS_PTRACE, seize, 2, 0, 0))
				assert.Equal(t, "errno=EACCES\n", attack(unix.SYS_OPENAT, " -100 @/proc/2/mem ", unix.O_RDWR))
				assert.Equal(t, "errno=EACCES\n", attack(unix.SYS_OPENAT, " -100 @/proc/2/root/ ", unix.O_PATH|unix.O_NOFOLLOW))
				return nil
			}})
			require.NoError(t, err)
			_, err = process.Wait()
			require.NoError(t, err)
		})
	}
}
