package runner_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/runner"
)

func Example() {
	sandbox, err := runner.New(runner.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()
	result, err := sandbox.Run(context.Background(), runner.Spec{
		Args:   []string{"/bin/sh", "-c", "read a b; echo $((a + b))"},
		Stdin:  strings.NewReader("20 22\n"),
		Stdout: os.Stdout,
		Limits: runner.Limits{CPU: time.Second, Memory: 64 << 20},
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Status)
	// Output:
	// 42
	// ok
}
