package forkexec_test

import (
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
)

// helperVariable names what this binary does instead of its tests, where a
// test needs a caller that it can kill or limit.
const helperVariable = "FORKEXEC_TEST_HELPER"

var helpers = map[string]func(program string) error{
	"sleeper":     startSleeper,
	"process cap": startWithoutProcesses,
}

func TestMain(m *testing.M) {
	if name := os.Getenv(helperVariable); name != "" {
		if err := helpers[name](os.Args[1]); err != nil {
			fmt.Println(err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// helper is the command that runs one of helpers on a program.
func helper(t testing.TB, name, program string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self, program)
	cmd.Env = append(os.Environ(), helperVariable+"="+name)
	cmd.Stderr = os.Stderr
	return cmd
}

// startSleeper starts a program that is to die with this process, prints its
// pid and waits to be killed.
func startSleeper(program string) error {
	runner, err := forkexec.Prepare(forkexec.Config{Path: program, Args: []string{"sleep", "600000"}, ParentDeath: unix.SIGKILL, NewSession: true})
	if err != nil {
		return err
	}
	process, err := runner.Start(forkexec.Inputs{})
	if err != nil {
		return err
	}
	fmt.Println(process.PID)
	_, err = process.Wait()
	return err
}

// startWithoutProcesses fails to start anything, first because it may have no
// more processes at all, then because it may have one more, which is not enough.
func startWithoutProcesses(program string) error {
	const uid = 3141592
	if os.Geteuid() == 0 {
		if err := syscall.Setuid(uid); err != nil {
			return err
		}
	}
	runner, err := forkexec.Prepare(forkexec.Config{Path: program})
	if err != nil {
		return err
	}
	// Threads that the runtime will not have to make later, when it can't.
	var naps sync.WaitGroup
	for range 20 {
		naps.Go(func() { _ = unix.Nanosleep(&unix.Timespec{Nsec: int64(20 * time.Millisecond)}, nil) })
	}
	naps.Wait()
	for _, more := range []uint64{0, 1} {
		own, err := tasksOf(os.Geteuid())
		if err != nil {
			return err
		}
		if err := unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: own + more, Max: unix.RLIM_INFINITY}); err != nil {
			if err = unix.Setrlimit(unix.RLIMIT_NPROC, &unix.Rlimit{Cur: own + more, Max: own + 1}); err != nil {
				return err
			}
		}
		_, err = runner.Start(forkexec.Inputs{})
		fmt.Println(err)
	}
	return nil
}

// tasksOf counts a user's processes and threads.
func tasksOf(uid int) (count uint64, err error) {
	entries, err := os.ReadDir("/proc")
	for _, entry := range entries {
		var status unix.Stat_t
		if strings.Trim(entry.Name(), "0123456789") != "" || unix.Stat("/proc/"+entry.Name(), &status) != nil || int(status.Uid) != uid {
			continue
		}
		tasks, _ := os.ReadDir("/proc/" + entry.Name() + "/task")
		count += uint64(len(tasks))
	}
	return count, err
}
