package notify_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"os"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/notify"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// A program may read what it needs to run, and no user names.
func Example() {
	violation, err := runUnder(`
extends: interpreter
files:
  denied: kill
  allow:
    - {access: [stat], paths: ["/**"]}
    - {access: [read, execute], paths: ["/usr/**", "/etc/ld.so.*", "/etc/locale.alias"]}
`, "/usr/bin/cat", "/etc/passwd")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(violation.Syscall, violation.Files[0].Path)
	fmt.Println(violation.Rule)
	// Output:
	// openat /etc/passwd
	// files of ours: no rule allows read
}

func runUnder(text string, args ...string) (*supervisor.Violation, error) {
	rules, err := policy.Parse("ours", []byte(text))
	if err != nil {
		return nil, err
	}
	key := rand.Uint64() | 1
	filter, err := rules.Filter(policy.FilterOptions{Kill: seccomp.Notify, Ask: seccomp.Notify, Key: key, Flags: notify.FilterFlags()})
	if err != nil {
		return nil, err
	}
	starter, err := forkexec.Prepare(forkexec.Config{Path: args[0], Args: args, Files: 3,
		Seccomp: filter.Instructions(), SeccompFlags: filter.Flags(), Listener: true, Key: key})
	if err != nil {
		return nil, err
	}
	process, err := starter.Start(forkexec.Inputs{Files: make([]*os.File, 3)})
	if err != nil {
		return nil, err
	}
	listener, err := notify.New(process.Listener)
	if err == nil {
		// The thread that made a forbidden call waits until it is killed.
		defer closeAfter(process, listener)
		return listener.Serve(context.Background(), notify.Options{Handler: supervisor.New(rules, nil), Process: process.PID})
	}
	closeAfter(process, nil)
	return nil, err
}

func closeAfter(process *forkexec.Process, listener io.Closer) {
	_ = process.Kill()
	_, _ = process.Wait()
	if listener != nil {
		_ = listener.Close()
	}
}
