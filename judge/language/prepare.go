package language

import (
	"context"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/bailiff-judge/bailiff/runner"
)

// wantsPrepared says whether sources are compiled with what Prepare makes.
func (l *Language) wantsPrepared(sources []Source) bool {
	if len(l.Prepare.Args) == 0 {
		return false
	}
	wanted := regexp.MustCompile(l.PrepareFor) // checked by check
	return slices.ContainsFunc(sources, func(s Source) bool { return wanted.Match(s.Content) })
}

// prepare returns the entry of what Prepare makes for this toolchain.
func (j *job) prepare(ctx context.Context) (*entry, error) {
	l, c := j.language, j.compiler
	key, err := l.key(j.chain, kindPrepared, nil, Options{})
	if err != nil {
		return nil, err
	}
	e, _, err := c.make(ctx, key, func(staged *entry) (bool, error) {
		args, env := j.expand(&l.Prepare)
		view := viewOf(l, &l.Prepare, j.chain).Tmpfs(buildDir, scratch())
		limits := c.limits
		limits.CPU, limits.Wall = 10*limits.CPU, 10*limits.Wall // once, and nothing of a contestant's
		if j.options.Preparing != nil {
			j.options.Preparing()
		}
		said := &head{}
		result, refused, err := j.run(ctx, &l.Prepare, runner.Spec{
			Args: args, Env: env, Root: view, Limits: limits, Stdout: said, Stderr: said,
		}, preparedDir, func(dir *os.File) error { return take(dir, staged.files(), 2*scratchSize) })
		if err != nil {
			return false, err
		}
		if reason := reasonOf(result); reason != "" || refused != "" {
			return false, fmt.Errorf("language: %s: prepare %s: %s%s: %s", l.ID, strings.Join(args, " "), reason, refused, said.diagnostics(&layout{}))
		}
		staged.meta.Synced = true
		return true, errors.Join(openToAll(staged.files()), syncFiles(staged.files()))
	})
	return e, err
}
