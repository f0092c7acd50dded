package judge

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/bailiff-judge/bailiff/judge/checker"
	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// compile makes programs of the submission's sources and of the problem's own.
func (c *contest) compile(ctx context.Context, s Submission) error {
	begin := time.Now()
	lang, err := c.judge.language(s.Language, s.Sources)
	if err != nil {
		return err
	}
	program, compilation, err := c.judge.compiler.Compile(ctx, c.judge.sandbox, lang, s.Sources, language.Options{
		Preparing: func() { c.event(Event{Kind: Preparing}) },
	})
	if err != nil {
		return fmt.Errorf("judge: %w", err)
	}
	compiled := &Compile{
		OK: program != nil, Language: lang.ID, Cached: compilation.Cached, Reason: compilation.Reason,
		Diagnostics: compilation.Diagnostics, Result: compilation.Result, Wall: time.Since(begin),
	}
	if chain, err := c.judge.compiler.Find(ctx, lang); err == nil {
		compiled.Toolchain = chain.Version
	}
	c.result.Compile = compiled
	c.solution = program
	c.limits(program)
	if program == nil {
		c.result.Verdict = CompileError
		return nil
	}
	// A problem whose programs don't compile is nobody's fault but its own.
	for _, helper := range []struct {
		what     string
		source   *Program
		protocol checker.Protocol
		to       **checker.Program
	}{
		{"checker", c.problem.Checker.Program, c.problem.Checker.Protocol, &c.checker},
		{"interactor", c.problem.interactorProgram(), c.problem.interactorProtocol(), &c.interactor},
	} {
		if helper.source == nil {
			continue
		}
		made, why, err := c.judge.helpers.get(ctx, c.judge, helper.source)
		switch {
		case err != nil:
			return fmt.Errorf("judge: %s %s: %w", helper.what, helper.source.Name, err)
		case made == nil:
			c.result.Verdict = JudgeError
			c.result.Error = fmt.Sprintf("the %s %s does not compile: %s", helper.what, helper.source.Name, why)
			return nil
		}
		c.helpers = append(c.helpers, made)
		limits := helper.source.Limits.Or(ProgramLimits())
		spec := made.spec(limits)
		*helper.to = &checker.Program{Spec: spec, Protocol: helper.protocol, Args: helper.source.Args}
	}
	return nil
}

func (p *Problem) interactorProgram() *Program {
	if p.Interactor == nil {
		return nil
	}
	return &p.Interactor.Program
}

func (p *Problem) interactorProtocol() checker.Protocol {
	if p.Interactor == nil {
		return checker.Kattis
	}
	return p.Interactor.Protocol
}

// language is the one that is named, or that of the sources.
func (j *Judge) language(id string, sources []Source) (*language.Language, error) {
	var l *language.Language
	var err error
	if id != "" {
		l, err = j.languages.Find(id)
	} else {
		l, err = j.languages.Detect(sources)
	}
	if err != nil {
		return nil, fmt.Errorf("judge: %w", err)
	}
	return l, nil
}

// programs are problems' own, kept from submission to submission: so they are
// compiled once, and what the sandbox has made of their views is found again.
type programs struct {
	mutex sync.Mutex
	made  map[[sha256.Size]byte]*made
}

// made is a program that is there. It is closed with its judge, or when nobody
// uses it and others need the room.
type made struct {
	program *language.Program
	users   int // guarded by programs.mutex
	mutex   sync.Mutex
	specs   map[runner.Limits]runner.Spec
}

func (m *made) spec(l runner.Limits) runner.Spec {
	m.mutex.Lock()
	defer m.mutex.Unlock()
	spec, ok := m.specs[l]
	if !ok {
		spec = m.program.Spec(l)
		m.specs[l] = spec
	}
	spec.Args = append([]string(nil), spec.Args...)
	return spec
}

// get compiles a program, unless it is there. why says what is wrong with its
// sources.
func (ps *programs) get(ctx context.Context, j *Judge, p *Program) (_ *made, why string, err error) {
	sum := sha256.New()
	fmt.Fprintf(sum, "%q", p.Language)
	for _, s := range p.Sources {
		fmt.Fprintf(sum, "%q%d:%s", s.Name, len(s.Content), s.Content)
	}
	key := [sha256.Size]byte(sum.Sum(nil))
	ps.mutex.Lock()
	m := ps.made[key]
	if m != nil {
		m.users++
	}
	ps.mutex.Unlock()
	if m != nil {
		return m, "", nil
	}
	lang, err := j.language(p.Language, p.Sources)
	if err != nil {
		return nil, "", err
	}
	program, compilation, err := j.compiler.Compile(ctx, j.sandbox, lang, p.Sources, language.Options{})
	if err != nil || program == nil {
		if err == nil {
			why = compilation.Reason
			if compilation.Diagnostics != "" {
				why += "\n" + compilation.Diagnostics
			}
		}
		return nil, why, err
	}
	ps.mutex.Lock()
	defer ps.mutex.Unlock()
	if m := ps.made[key]; m != nil { // another was faster
		m.users++
		return m, "", program.Close()
	}
	if ps.made == nil {
		ps.made = map[[sha256.Size]byte]*made{}
	}
	if len(ps.made) >= maxPrograms {
		if err := ps.drop(); err != nil {
			return nil, "", errors.Join(err, program.Close())
		}
	}
	m = &made{program: program, users: 1, specs: map[runner.Limits]runner.Spec{}}
	ps.made[key] = m
	return m, "", nil
}

// maxPrograms is how many are kept that nobody uses.
const maxPrograms = 64

// drop closes those that nobody uses.
func (ps *programs) drop() error {
	var errs []error
	for key, m := range ps.made {
		if m.users == 0 {
			errs = append(errs, m.program.Close())
			delete(ps.made, key)
		}
	}
	return errors.Join(errs...)
}

// put gives back what get has returned.
func (ps *programs) put(m *made) {
	ps.mutex.Lock()
	defer ps.mutex.Unlock()
	m.users--
}

func (ps *programs) close() error {
	ps.mutex.Lock()
	defer ps.mutex.Unlock()
	var errs []error
	for _, m := range ps.made {
		errs = append(errs, m.program.Close())
	}
	ps.made = nil
	return errors.Join(errs...)
}
