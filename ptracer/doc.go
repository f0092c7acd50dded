// Package ptracer follows a run by ptrace(2): any number of processes and
// threads, from the first instruction of each.
//
// Its one idea: nothing that a decision was made by may change until it has
// been carried out. A thread that makes a call which the filter asks about is
// stopped; if it is the only one of its run, nobody else could change what its
// arguments point at, or what its paths lead to, while the [supervisor.Handler]
// decides and the kernel does what it allowed. Otherwise all others are stopped
// as well, until the call is over and what it really opened or executed has
// been looked at.
//
// A [Tracer] is a thread of the operating system, since the kernel lets only
// the thread that attached to a process look at it. It traces one run at a
// time. [Tracer.Start] starts a program by package forkexec and attaches to it
// before its first instruction; [Run.Wait] returns when all that the program
// started is dead. Only the calls that the filter asks about stop the program
// (see [Ask] and [Fatal]); without any, a traced run costs what an untraced one
// does, but for signals and for new processes and threads.
//
// It waits for what it traces and for nothing else, so that it disturbs no
// other child of the caller's process. Linux 5.9 or newer is needed, as by
// package forkexec.
//
// # What the caller has to see to
//
// The run must not be able to make children that are not traced, or to have
// something done by the kernel that passes no filter, or later than it was asked
// for: CLONE_UNTRACED, io_uring, io_submit and the like; the floor of package
// policy refuses them. Others who can write
// to the run's memory, or change its directories, are no part of the run and
// are not stopped.
package ptracer
