package notify_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/forkexec"
	"github.com/bailiff-judge/bailiff/internal/testprog"
	"github.com/bailiff-judge/bailiff/notify"
	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/seccomp"
	"github.com/bailiff-judge/bailiff/supervisor"
)

// key is by what the start of a program passes.
const key = 0x6a09e667f3bcc908

// user is who programs run as, if the tests run as root.
const user = 12345

// allowAll asks about every path and allows it.
const allowAll = `
default: allow
files: {allow: [{access: [read, write, create, execute], paths: ["/**"]}]}`

// program is what a test starts.
type program struct {
	name   string
	path   string // instead of a name
	args   []string
	policy string   // as YAML; "" asks about nothing
	ask    []string // calls that are asked about beside
	dir    string
	stdin  *os.File
	// root keeps the user and the capabilities that the tests have.
	root bool
	cpus []int
	// namespaces are new ones.
	namespaces forkexec.Namespace
	// config changes what else there is.
	config func(*forkexec.Config)
}

// outcome is what came of a run.
type outcome struct {
	status    unix.WaitStatus
	output    string
	violation *supervisor.Violation
	err       error // of Serve
	started   time.Time
	ended     time.Time
	cpu       time.Duration // the program's
}

// workDir is a directory that programs may write to.
func workDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "notify")
	require.NoError(t, err)
	t.Cleanup(func() {
		// What a program has made may be shut to whoever is not root.
		err := filepath.WalkDir(dir, func(path string, entry fs.DirEntry, _ error) error {
			if entry == nil || !entry.IsDir() {
				return nil
			}
			return os.Chmod(path, 0o700)
		})
		require.NoError(t, errors.Join(err, os.RemoveAll(dir)))
	})
	require.NoError(t, os.Chmod(dir, 0o755))
	if os.Geteuid() == 0 {
		require.NoError(t, os.Chown(dir, user, user))
	}
	dir, err = filepath.EvalSymlinks(dir)
	require.NoError(t, err)
	return dir
}

func parse(t testing.TB, text string) *policy.Policy {
	t.Helper()
	p, err := policy.Parse("test", []byte(text))
	require.NoError(t, err)
	return p
}

// prepared is a program ready for starts.
type prepared struct {
	*forkexec.Runner
	handler supervisor.Handler
	asks    bool
	stdin   *os.File
	// patience is how long it may take before it is killed; 0 is a minute.
	patience time.Duration
}

func prepare(t testing.TB, p program) prepared {
	t.Helper()
	if p.path == "" {
		p.path = testprog.Build(t, p.name)
	}
	config := forkexec.Config{
		Path: p.path, Args: append([]string{filepath.Base(p.path)}, p.args...), Env: []string{"PATH=/usr/bin:/bin", "HOME=/"},
		Dir: p.dir, Files: 3, NewSession: true, CPUs: p.cpus, KeepCapabilities: p.root, Namespaces: p.namespaces,
	}
	if os.Geteuid() == 0 && !p.root {
		config.Credential = &forkexec.Credential{UID: user, GID: user}
	}
	ready := prepared{asks: p.policy != "" || len(p.ask) > 0, stdin: p.stdin}
	if ready.asks {
		text := p.policy
		if text == "" {
			text = "default: allow"
		}
		d := parse(t, text)
		if len(p.ask) > 0 {
			rule := policy.Rule{Do: "ask"}
			for _, name := range p.ask {
				rule.Calls = append(rule.Calls, policy.Call(name))
			}
			var err error
			d, err = policy.New("asks", policy.Definition{Default: "allow", Rules: []policy.Rule{rule}})
			require.NoError(t, err)
		}
		filter, err := d.Filter(policy.FilterOptions{Kill: seccomp.Notify, Ask: seccomp.Notify, Key: key, Flags: notify.FilterFlags()})
		require.NoError(t, err)
		config.Seccomp, config.SeccompFlags, config.Listener, config.Key = filter.Instructions(), filter.Flags(), true, key
		ready.handler = supervisor.New(d, nil)
	}
	if p.config != nil {
		p.config(&config)
	}
	runner, err := forkexec.Prepare(config)
	require.NoError(t, err)
	ready.Runner = runner
	return ready
}

// run runs a program to its end, which must come within a minute.
func run(t testing.TB, p program) outcome {
	t.Helper()
	return serve(t, prepare(t, p), notify.Options{})
}

func serve(t testing.TB, p prepared, o notify.Options) outcome {
	t.Helper()
	got, err := attempt(p, o)
	require.NoError(t, err)
	return got
}

// killedAfter runs a program and kills it.
func killedAfter(t testing.TB, p prepared, d time.Duration) outcome {
	t.Helper()
	p.patience = d
	return serve(t, p, notify.Options{})
}

// attempt is serve, for any goroutine.
func attempt(p prepared, o notify.Options) (got outcome, err error) {
	read, write, err := os.Pipe()
	if err != nil {
		return got, err
	}
	defer read.Close()
	got.started = time.Now()
	process, err := p.Start(forkexec.Inputs{Files: []*os.File{p.stdin, write, write}})
	err = errors.Join(err, write.Close())
	if process == nil {
		return got, err
	}
	patience := time.Minute
	if p.patience != 0 {
		patience = p.patience
	}
	timer := time.AfterFunc(patience, func() { _ = process.Kill() })
	defer timer.Stop()
	served := make(chan struct{})
	var listener *notify.Listener
	if p.asks {
		if listener, err = notify.New(process.Listener); err != nil {
			return got, errors.Join(err, process.Kill())
		}
		if o.Handler == nil {
			o.Handler = p.handler
		}
		if o.Process == 0 {
			o.Process = process.PID
		}
		go func() {
			defer close(served)
			got.violation, got.err = listener.Serve(context.Background(), o)
			if got.violation != nil || got.err != nil {
				_ = process.Kill()
			}
		}()
	} else {
		close(served)
	}
	text, readErr := io.ReadAll(read)
	state, waitErr := process.Wait() // it has the filter until then
	<-served
	got.ended = time.Now()
	got.output, got.status = string(text), state.Status
	got.cpu = time.Duration(state.Rusage.Utime.Nano() + state.Rusage.Stime.Nano())
	if listener != nil {
		err = errors.Join(err, listener.Close())
	}
	return got, errors.Join(err, readErr, waitErr)
}
