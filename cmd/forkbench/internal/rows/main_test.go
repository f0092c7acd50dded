package rows

import (
	"fmt"
	"os"
	"strconv"
	"testing"
)

// serveArgument makes the test binary what forkbench starts for parents of
// another size.
const serveArgument = "serve-for-the-tests"

func TestMain(m *testing.M) {
	if len(os.Args) == 4 && os.Args[1] == serveArgument {
		hold, err := strconv.ParseInt(os.Args[2], 10, 64)
		if err == nil {
			err = Serve(os.Stdin, os.Stdout, hold, os.Args[3])
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(m.Run())
}
