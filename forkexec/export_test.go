package forkexec

// DeputyPID is a deputy's process id.
func DeputyPID(d *Deputy) int { return d.pid }
