package main

import (
	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/runner"
)

// The vocabularies of results, with what each word means, as manuals have them.

// statusMeanings are in the order in which statuses are decided.
var statusMeanings = []struct {
	status runner.Status
	when   string
}{
	{runner.InternalError, "Bailiff failed: never the program's fault"},
	{runner.ForbiddenAccess, "a system call or a file that the policy forbids on pain of death; it is named"},
	{runner.MemoryLimit, "the kernel killed for memory, or the program failed at its limit"},
	{runner.TimeLimit, "more CPU time than allowed, of all its processes together"},
	{runner.WallLimit, "more wall time than allowed, with the CPU time within its limit"},
	{runner.OutputLimit, "more bytes written to stdout and stderr than allowed"},
	{runner.RuntimeError, "an exit code other than 0, or a signal of its own"},
	{runner.OK, "exit code 0 within all limits"},
}

// verdictMeanings are from the best to the worst.
var verdictMeanings = []struct {
	verdict judge.Verdict
	when    string
}{
	{judge.Accepted, "right on all tests that count"},
	{judge.PresentationError, "the output can't be read as an answer"},
	{judge.WrongAnswer, "the output is not right"},
	{judge.TimeLimitExceeded, "more CPU time or wall time than allowed"},
	{judge.MemoryLimitExceeded, "more memory than allowed"},
	{judge.OutputLimitExceeded, "more output than allowed"},
	{judge.RunTimeError, "an exit code other than 0, a signal, or something that the policy forbids"},
	{judge.CompileError, "the sources don't compile within the compiler's limits"},
	{judge.JudgeError, "the judge, the checker or the problem failed: never the contestant's fault"},
	{judge.Skipped, "not run: of a test after a rejected one, or of a submission whose toolchain is not here"},
}
