package judge

import (
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"

	"github.com/bailiff-judge/bailiff/judge/language"
)

// Source is a file of a program.
type Source = language.Source

// ReadSources reads files; each is named by the last part of its path. What is no
// regular file is an error, whoever put it there: a pipe would be waited for, and a
// device never ends. Of a file that is larger than what sources may have together
// only so much is read that compiling it is refused.
func ReadSources(paths ...string) ([]Source, error) {
	var sources []Source
	for _, path := range paths {
		content, err := readSource(path)
		if err != nil {
			return nil, fmt.Errorf("judge: source: %w", err)
		}
		sources = append(sources, Source{Name: filepath.Base(path), Content: content})
	}
	return sources, nil
}

func readSource(path string) ([]byte, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	info, err := file.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file (%v): name a file with the source in it: %w", path, info.Mode(), unix.EINVAL)
	}
	return io.ReadAll(io.LimitReader(file, language.MaxSourceSize+1))
}
