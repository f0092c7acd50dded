package render
import ("io";"github.com/bailiff-judge/bailiff/cmd/forkbench/internal/bench")
func HTML(w io.Writer, r *bench.Report) error { return nil }
func Picture(w io.Writer, path string, r *bench.Report) error { return nil }
func CheckPicture(path string) error { return nil }
