package judge

import (
	"fmt"
	"os"
	"path/filepath"

	"github.com/bailiff-judge/bailiff/judge/language"
)

// Source is a file of a program.
type Source = language.Source

// ReadSources reads files; each is named by the last part of its path.
func ReadSources(paths ...string) ([]Source, error) {
	var sources []Source
	for _, path := range paths {
		content, err := os.ReadFile(path)
		if err != nil {
			return nil, fmt.Errorf("judge: source: %w", err)
		}
		sources = append(sources, Source{Name: filepath.Base(path), Content: content})
	}
	return sources, nil
}
