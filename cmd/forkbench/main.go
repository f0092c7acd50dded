// Command forkbench measures what it costs to start a program, here: bare, in
// each part of a sandbox, in Bailiff's sandboxes, and in others that are
// installed.
//
// Its exit status is 0, or 2 if something could not be measured that should
// have been: a mistake in the command line, or a row that failed. A row that
// this machine or this user has no means for says so, and is no failure.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

const (
	exitOK      = 0
	exitFailure = 2
)

func main() {
	os.Exit(execute())
}

func execute() int {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	// Once is a request, to stop and report; the second time ends the command.
	context.AfterFunc(ctx, stop)
	if err := newRoot().ExecuteContext(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "forkbench:", err)
		return exitFailure
	}
	return exitOK
}
