package runner_test

import (
	"context"
	"expvar"
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

// What the pool does, where a monitor finds it.
func ExampleSandbox_Stats() {
	sandbox, err := runner.New(runner.Options{Pool: runner.PoolOptions{MaxIdle: 8, IdleTime: time.Minute}})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()
	expvar.Publish("bailiff", expvar.Func(func() any { return sandbox.Stats() }))
	fmt.Println(expvar.Get("bailiff"))
	// Output:
	// {"made":0,"ahead":0,"hits":0,"misses":0,"cold":0,"renewed":0,"discarded":{},"idle":0,"in_use":0}
}
