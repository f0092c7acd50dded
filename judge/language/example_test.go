package language_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"strings"
	"time"

	"github.com/bailiff-judge/bailiff/judge/language"
	"github.com/bailiff-judge/bailiff/runner"
)

// A submission is compiled, and run on one input.
func Example() {
	ctx := context.Background()
	languages, err := language.Builtin()
	if err != nil {
		log.Fatal(err)
	}
	sandbox, err := runner.New(runner.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer sandbox.Close()
	compiler, err := language.NewCompiler(language.CompilerOptions{})
	if err != nil {
		log.Fatal(err)
	}

	sources := []language.Source{{Name: "sol.py", Content: []byte("print(sum(map(int, input().split())))\n")}}
	lang, err := languages.Detect(sources)
	if err != nil {
		log.Fatal(err)
	}
	program, compilation, err := compiler.Compile(ctx, sandbox, lang, sources, language.Options{})
	if errors.Is(err, errors.ErrUnsupported) {
		log.Fatal("not on this machine: ", err)
	} else if err != nil {
		log.Fatal(err)
	}
	if compilation.Status != language.OK {
		log.Fatal(compilation.Reason, "\n", compilation.Diagnostics)
	}
	defer program.Close()

	spec := program.Spec(runner.Limits{CPU: time.Second, Memory: 64 << 20})
	spec.Stdin, spec.Stdout = strings.NewReader("40 2\n"), os.Stdout
	result, err := sandbox.Run(ctx, spec)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Status)
}
