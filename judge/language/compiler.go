package language

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/bailiff-judge/bailiff/policy"
	"github.com/bailiff-judge/bailiff/runner"
)

// CompilerOptions are the choices of [NewCompiler]. The zero value is good.
type CompilerOptions struct {
	// Dir is where compiled programs are kept; "" is bailiff in
	// os.UserCacheDir. Several processes may use one.
	Dir string
	// MaxBytes is how much is kept, besides what is being used; 0 is 2 GiB.
	MaxBytes int64
	// Limits are those of compilers; what is zero in them is as in
	// [DefaultCompileLimits].
	Limits runner.Limits
	// Finder finds toolchains; nil is a new one.
	Finder *Finder
	// Logger is told what happens to the cache; nil is silence.
	Logger *slog.Logger
}

// DefaultCompileLimits are those of a compiler's run.
func DefaultCompileLimits() runner.Limits {
	return runner.Limits{
		CPU:       30 * time.Second,
		Wall:      60 * time.Second,
		Memory:    2 << 30,
		Output:    16 << 20,
		Stack:     256 << 20,
		Processes: 256,
		FileSize:  maxProgramSize,
		OpenFiles: 1024,
	}
}

// Bounds of what a compiler may write: files in memory, in each of the places
// that it can write to, and the program that is taken from there.
const (
	maxProgramSize = 256 << 20
	scratchSize    = 512 << 20
	scratchInodes  = 32768
)

// formatVersion is that of what is kept, and of how it is made: a number that
// changes with either.
const formatVersion = 1

// Compiler compiles sources, and keeps what comes out of it. It is made once and
// safe for concurrent use.
type Compiler struct {
	finder *Finder
	store  *store
	limits runner.Limits

	mutex    sync.Mutex
	policies map[string]*policy.Policy
	making   map[string]*turn // by key
}

// NewCompiler makes a compiler. The error says what is wrong with the directory.
func NewCompiler(o CompilerOptions) (*Compiler, error) {
	if o.Dir == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return nil, fmt.Errorf("language: no place to keep programs: %w: name a directory", err)
		}
		o.Dir = filepath.Join(dir, "bailiff")
	}
	dir, err := filepath.Abs(o.Dir)
	if err != nil {
		return nil, fmt.Errorf("language: %w", err)
	}
	if dir, err = realDir(dir); err != nil {
		return nil, fmt.Errorf("language: cache: %w", err)
	}
	if o.MaxBytes == 0 {
		o.MaxBytes = 2 << 30
	}
	if o.Finder == nil {
		o.Finder = &Finder{}
	}
	if o.Logger == nil {
		o.Logger = slog.New(slog.DiscardHandler)
	}
	c := &Compiler{finder: o.Finder, limits: o.Limits.Or(DefaultCompileLimits()),
		policies: map[string]*policy.Policy{}, making: map[string]*turn{}}
	if c.store, err = openStore(dir, o.MaxBytes, o.Logger); err != nil {
		return nil, fmt.Errorf("language: %w", err)
	}
	return c, nil
}

// realDir is the directory, made if need be, without symbolic links.
func realDir(dir string) (string, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return filepath.EvalSymlinks(dir)
}

// policy returns the policy of a command, the same one each time, so that a
// sandbox compiles it once.
func (c *Compiler) policy(command *Command, fallback string) (*policy.Policy, error) {
	name := command.policyName(fallback)
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if p := c.policies[name]; p != nil {
		return p, nil
	}
	p, err := policy.Named(name)
	if err != nil {
		return nil, fmt.Errorf("language: %w", err)
	}
	c.policies[name] = p
	return p, nil
}

// Find looks for the toolchain of a language, as Compile does.
func (c *Compiler) Find(ctx context.Context, l *Language) (*Toolchain, error) {
	return c.finder.Find(ctx, l)
}

// key is the name of what is made from all this.
func (l *Language) key(chain *Toolchain, kind string, sources []Source, o Options) (string, error) {
	// The definition, but for what doesn't change what comes out.
	definition := *l
	definition.Run, definition.Install, definition.Variants = Command{}, Install{}, nil
	if kind == kindPrepared {
		definition.Compile = Command{}
	}
	text, err := json.Marshal(definition)
	if err != nil {
		return "", fmt.Errorf("language: %w", err)
	}
	sum := sha256.New()
	add := func(parts ...string) {
		for _, part := range parts {
			fmt.Fprintf(sum, "%d:%s,", len(part), part)
		}
	}
	add(fmt.Sprint(formatVersion), kind, runtime.GOOS, runtime.GOARCH, string(text), chain.Version, o.Main)
	for _, name := range slices.Sorted(maps.Keys(chain.Tools)) {
		add(name, chain.Tools[name].identity)
	}
	add(fmt.Sprint(len(l.variant), len(o.Flags), len(sources)))
	add(l.variant...)
	add(o.Flags...)
	for _, s := range sources {
		add(s.Name, string(s.Content))
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// turn is held by whoever makes an entry: others want the same one, and wait.
type turn struct {
	taken   chan struct{}
	waiting int
}

// wait returns when it is the caller's turn to make an entry; done ends it.
func (c *Compiler) wait(ctx context.Context, key string) (done func(), err error) {
	c.mutex.Lock()
	t := c.making[key]
	if t == nil {
		t = &turn{taken: make(chan struct{}, 1)}
		c.making[key] = t
	}
	t.waiting++
	c.mutex.Unlock()
	leave := func() {
		c.mutex.Lock()
		defer c.mutex.Unlock()
		if t.waiting--; t.waiting == 0 {
			delete(c.making, key)
		}
	}
	select {
	case t.taken <- struct{}{}:
		return func() { <-t.taken; leave() }, nil
	case <-ctx.Done():
		leave()
		return nil, fmt.Errorf("language: %w", ctx.Err())
	}
}

// make returns the entry of that key, and makes it by build if there is none.
// cached says that there was one. What build does not make has no entry, and no
// error.
func (c *Compiler) make(ctx context.Context, key string, build func(*entry) (bool, error)) (e *entry, cached bool, err error) {
	if e, err := c.store.get(key); e != nil || err != nil {
		return e, true, wrap(err)
	}
	done, err := c.wait(ctx, key)
	if err != nil {
		return nil, false, err
	}
	defer done()
	if e, err := c.store.get(key); e != nil || err != nil {
		return e, true, wrap(err)
	}
	staged, err := c.store.stage()
	if err != nil {
		return nil, false, wrap(err)
	}
	made, err := build(staged)
	if made && err == nil {
		if e, err = c.store.publish(staged, key); e != nil && err == nil {
			return e, false, nil
		}
		if e != nil {
			return nil, false, wrap(errors.Join(err, e.close()))
		}
	}
	return nil, false, wrap(errors.Join(err, c.store.discard(staged)))
}

func wrap(err error) error {
	if err != nil {
		err = fmt.Errorf("language: %w", err)
	}
	return err
}
