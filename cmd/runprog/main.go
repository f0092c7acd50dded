// Command runprog runs programs that nobody trusts and says what happened to
// them. It is a face: it reads flags, calls package runner and prints.
//
// Its exit status is 0 if the verdict is ok, 1 if it is another, and 2 if there
// is none: a mistake in the command line, or a failure of Bailiff itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"

	"golang.org/x/sys/unix"
)

// The exit statuses.
const (
	exitOK      = 0
	exitVerdict = 1 // a verdict other than ok
	exitFailure = 2 // no verdict
)

// errVerdict says that there is a verdict, other than ok, and that it has been
// printed.
var errVerdict = errors.New("verdict other than ok")

func main() {
	os.Exit(execute())
}

func execute() int {
	ctx, stop := signal.NotifyContext(context.Background(), unix.SIGINT, unix.SIGTERM, unix.SIGHUP)
	defer stop()
	// Once is a request, which cleans up; the second time ends the command.
	context.AfterFunc(ctx, stop)
	err := newRoot().ExecuteContext(ctx)
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errVerdict):
		return exitVerdict
	}
	fmt.Fprintln(os.Stderr, "runprog:", err)
	return exitFailure
}
