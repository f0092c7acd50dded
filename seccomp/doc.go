// Package seccomp says in data what a process may call, and turns it into a
// filter for the kernel whose every answer can be had without the kernel.
//
// [Rules] name system calls and test their arguments. [Compile] makes a
// [Filter] of them: a verified program of classic BPF, a search tree over the
// numbers of calls. It is loaded by [Filter.Load], or by whoever starts a
// process (package forkexec); [Filter.Evaluate] and [Stack.Evaluate] answer
// what the kernel would, [Filter.String] prints it.
//
// # Three doors that are always shut
//
// A filter sees a number, and the same number means another call on another
// door of the kernel. So the first thing every filter does is to refuse
// foreign architectures (on amd64: int 0x80 and i386 programs) and numbers
// from 0x40000000 on (x32, and -1), by [Rules.Foreign].
//
// # Widths
//
// The kernel takes an argument of type int from the lower half of a register.
// A filter that compares all 64 bits is passed by setting any of the others.
// So a test takes the type the kernel gives that argument ([ArgType]), and an
// argument whose type is not in the table is an error until the author says
// it. What a pointer points at can change after the filter has looked, so it
// is never looked at: a pointer can only be compared with NULL.
package seccomp
