// Package cgroup gives each run a kernel-kept account of its own: one directory
// in every control group hierarchy that counts or limits something, joined by the
// program before it starts, read when it has ended.
//
// What a machine offers differs: version 2 with all controllers, version 1 with one
// mount for each, or both at once (hybrid). A [Manager] finds out from
// /proc/self/cgroup and /proc/self/mountinfo and settles, for each [Feature], which
// control file provides it; nothing above has to know the version. A feature that
// nothing provides is an [UnavailableError], never a limit silently dropped.
//
//	Manager   one directory "bailiff.<pid>.<random>" per hierarchy, held by a lock
//	  Group   one directory below it per hierarchy, for one run at a time
//
// The life of a Group: New, SetMemory and the other limits, the program joins (CgroupFD
// and JoinFDs), Stats while it runs, Kill, Stats, Reset for the next run, Close.
//
// # Who is still alive
//
// A judge that is killed leaves its directories behind. A pid in a name proves
// nothing (pids are reused, and another pid namespace has others), so a Manager
// holds flock(2) on its directory in every hierarchy; the kernel drops the lock
// with the last descriptor, that is, with the judge. Cgroup file systems have one
// superblock for all mounts and namespaces, so the lock is seen everywhere.
// [Manager.Sweep] removes only what it could lock.
//
// # Where the directories stand
//
// In version 1: below the caller's own cgroup of that hierarchy.
//
// In version 2 a cgroup with processes in it can't give controllers to children
// (Documentation/admin-guide/cgroup-v2.rst, "No Internal Process Constraint"), and
// the caller is a process in its own cgroup. The first of these that works is taken:
//
//  1. the caller's own cgroup, if it distributes the controllers already, needs none
//     (hybrid), or is the root, which is exempt;
//  2. the same, after the caller has moved itself into a child "bailiff-self.<…>",
//     if it is the only process there (a systemd service or scope of its own);
//     Close moves it back;
//  3. the nearest ancestor that distributes the controllers, or can be told to: a
//     sibling of the caller's cgroup. A user's systemd slice allows that without root.
//
// An ordinary user needs write access both to that directory and to its cgroup.procs
// (delegation; `systemd-run --user --scope -p Delegate=yes` gives it).
package cgroup
