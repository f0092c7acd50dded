//go:build weaken

package runner_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/leakcheck"
	"github.com/bailiff-judge/bailiff/runner"
)

var everyErrno = flag.Bool("errnos", false, "TestEveryRowFails tries each row with each errno, not with one of them")

// faults are what the kernel lacks, most often.
var faults = []unix.Errno{unix.ENOSPC, unix.EMFILE, unix.ENOMEM, unix.EAGAIN}

// faultMark is the upper half of the sixth argument of a call that is to fail; the
// lower is the errno.
const faultMark = 0xfa0170b5

// obeyMarks has all threads of the test fail in marked calls, and all that they start.
func obeyMarks(t *testing.T) {
	t.Helper()
	const number, sixth = 0, 16 + 5*8
	load := func(at uint32) unix.SockFilter {
		return unix.SockFilter{Code: unix.BPF_LD | unix.BPF_W | unix.BPF_ABS, K: at}
	}
	filter := []unix.SockFilter{
		load(number),
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: unix.SYS_EXIT_GROUP, Jt: 2}, // by which a script ends that has failed
		load(sixth + 4),
		{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: faultMark, Jt: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW},
		load(sixth),
	}
	for _, errno := range faults {
		filter = append(filter,
			unix.SockFilter{Code: unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K, K: uint32(errno), Jf: 1},
			unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ERRNO | uint32(errno)})
	}
	filter = append(filter, unix.SockFilter{Code: unix.BPF_RET | unix.BPF_K, K: unix.SECCOMP_RET_ALLOW})
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER, unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno == unix.EACCES {
		t.Skip("loading a filter without no_new_privs needs root")
	}
	require.Zero(t, errno)
}

// scriptRow is one row of what Explain prints.
type scriptRow struct {
	script, where string
	which         int // of those with that name
}

// rowsOf reads all rows of a text of Explain.
func rowsOf(t *testing.T, text, program string) (rows []scriptRow) {
	t.Helper()
	line := regexp.MustCompile(`^(\S.*?) +(?:\$\w+ = )?[a-z0-9_]+\(`)
	seen := map[scriptRow]int{}
	var script string
	for _, l := range strings.Split(text, "\n") {
		switch {
		case strings.HasPrefix(l, "# pid 1"):
			script = "bailiff-init"
		case strings.HasPrefix(l, "# the program"):
			script = "deputy"
		case strings.HasPrefix(l, "# what is made new"):
			script = "renewal"
		default:
			match := line.FindStringSubmatch(l)
			if match == nil {
				continue
			}
			if script == "deputy" && match[1] == "clone" {
				script = program
			}
			row := scriptRow{script: script, where: match[1]}
			row.which, seen[row] = seen[row], seen[row]+1
			rows = append(rows, row)
		}
	}
	return rows
}

// Each single row of everything that a slot is made by, a program started in it, and
// the slot made as new, fails once: nothing hangs or is left, and the error names the
// row; or the row may fail, and it is no worse a run.
func TestEveryRowFails(t *testing.T) {
	leakcheck.Check(t)
	view := together(t, "residue")
	sp := warm(view, "residue made")
	s, err := runner.New(runner.Options{})
	require.NoError(t, err)
	text, err := s.Explain(sp)
	if err != nil {
		require.NoError(t, s.Close())
		t.Skip(err)
	}
	require.NoError(t, s.Close())
	obeyMarks(t)
	rows := rowsOf(t, text, sp.Args[0])
	require.Greater(t, len(rows), 150)
	failed := map[string]int{}
	for i, row := range rows {
		// Without this one a process that has done its part can't end.
		if strings.HasPrefix(row.where, "exit") || strings.HasPrefix(row.where, "signal ") && row.which == 0 && i%16 != 0 {
			continue
		}
		errnos := faults
		if !*everyErrno {
			errnos = faults[i%len(faults) : i%len(faults)+1]
		}
		for _, errno := range errnos {
			if err := runWithFault(t, row, errno, sp); err != nil {
				failed[row.script]++
			}
		}
	}
	for _, script := range []string{"bailiff-init", "deputy", sp.Args[0], "renewal"} {
		assert.Greater(t, failed[script], 4, "failures in %s: %v", script, failed)
	}
	t.Log(failed)
}

// runWithFault makes two runs in a slot, and returns the first error of the two.
func runWithFault(t *testing.T, row scriptRow, errno unix.Errno, sp runner.Spec) error {
	t.Helper()
	name := fmt.Sprintf("%s: %s (%d): %v", row.script, row.where, row.which, errno)
	t.Setenv("BAILIFF_FAULT", fmt.Sprintf("%s|%s|%d|%d", row.script, row.where, row.which, uint64(faultMark)<<32|uint64(errno)))
	defer os.Unsetenv("BAILIFF_FAULT")
	s, err := runner.New(runner.Options{})
	require.NoError(t, err, name)
	defer func() { require.NoError(t, s.Close(), name) }()
	sp.Stdout = io.Discard
	ended := make(chan error, 1)
	go func() {
		var failures []error
		for range 2 {
			result, err := s.Run(context.Background(), sp)
			if err == nil && result.Status != runner.OK {
				err = fmt.Errorf("status %v", result.Status)
			}
			failures = append(failures, err)
		}
		ended <- errors.Join(failures...)
	}()
	select {
	case err = <-ended:
	case <-time.After(20 * time.Second):
		t.Fatalf("%s: hangs", name)
	}
	if row.script == "renewal" && err == nil && s.Stats().Discarded["broken"]+s.Stats().Discarded["dirty"] > 0 {
		return errors.New("the slot was discarded") // and the runs were none the worse
	}
	var step *forkexec.Error
	if err != nil && assert.ErrorAs(t, err, &step, name) {
		assert.Equal(t, strings.FieldsFunc(row.where, func(r rune) bool { return r == ' ' || r == '[' })[0], step.Step, name)
	}
	return err
}
