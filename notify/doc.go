// Package notify answers for a program's system calls, by seccomp's user
// notifications (seccomp_unotify(2)).
//
// Its one idea: what was decided about is what is used, because the supervisor
// uses it itself. A thread whose call the filter asks about sleeps in the
// kernel. The supervisor reads the call's path once, follows it to a descriptor
// of its own, asks the [supervisor.Handler] about what that is, and then does
// on the descriptor what the call would have done, with the program's
// identity: an open file is handed over, a result is written to the program's
// memory. The path is never looked at again, so it may change as it likes.
//
// The kernel itself executes a call (SECCOMP_USER_NOTIF_FLAG_CONTINUE) only if
// its arguments are numbers, and in three cases that are no less sure: see
// carryOn and execute.
//
// # Identity
//
// What the supervisor does for the program it may do only as far as the program
// could. So its thread takes on the file system ids, the groups, the
// capabilities and the umask of the program, and keeps but the right to look at
// it (CAP_SYS_PTRACE). The thread is the supervisor's own, and ends with it. As
// root, after any change of ids, the kernel takes the judge's process for one
// that has secrets: it dumps no core, and others can't trace it.
//
// # What differs from the kernel
//
// Calls that are done by the supervisor know nothing of the program's
// namespaces but its file system: what /proc says about System V IPC and
// network parameters would be the judge's, so the former can't be opened, and
// parameters can't be written. Links of other processes in /proc lead nowhere
// (EACCES). Devices are opened if they are harmless: null, zero, full, random,
// urandom, and pseudo-terminals; there is no controlling terminal. Sockets are
// not bound or connected to names of AF_UNIX (EACCES). Calls that can't be done
// for another, such as mount, are refused (EPERM), some of the newest as if the
// kernel had none (ENOSYS).
package notify
