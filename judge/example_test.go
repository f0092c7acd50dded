package judge_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"time"

	"github.com/bailiff-judge/bailiff/judge"
	"github.com/bailiff-judge/bailiff/runner"
)

// A backend makes one judge, and tells whoever waits what happens.
func ExampleJudge_Judge() {
	dir, err := os.MkdirTemp("", "tests") // yours are there already
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for name, content := range map[string]string{"1.in": "1 2\n", "1.ans": "3\n", "2.in": "20 22\n", "2.ans": "42\n"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			log.Fatal(err)
		}
	}

	j, err := judge.New(judge.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer j.Close()
	root, warnings, err := judge.FindTests(dir, judge.FindOptions{})
	if err != nil {
		log.Fatal(err)
	}
	problem := &judge.Problem{
		Limits:   runner.Limits{CPU: time.Second, Wall: 10 * time.Second, Memory: 256 << 20},
		Root:     root,
		Warnings: warnings,
	}
	submission := judge.Submission{Sources: []judge.Source{{
		Name:    "sum.c",
		Content: []byte("#include <stdio.h>\nint main(void) { int a, b; scanf(\"%d %d\", &a, &b); printf(\"%d\\n\", a + b); }\n"),
	}}}
	result, err := j.Judge(context.Background(), submission, problem, judge.How{Events: func(e judge.Event) {
		if e.Kind == judge.TestFinished {
			fmt.Println("test", e.TestResult.Name, e.TestResult.Verdict)
		}
	}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Verdict)
	// Output:
	// test 1 accepted
	// test 2 accepted
	// accepted
}
