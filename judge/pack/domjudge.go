package pack

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// domjudge reads domjudge-problem.ini, of which the time limit is for us.
func (l *loader) domjudge() (limit time.Duration, err error) {
	if !l.file(domjudgeFile) {
		return 0, nil
	}
	data, err := l.read(domjudgeFile, maxTextSize)
	if err != nil {
		return 0, err
	}
	values, wrong := parseINI(data)
	for _, line := range wrong {
		l.warn("%s, line %d: it is neither KEY = VALUE nor a comment: it is left out", domjudgeFile, line)
	}
	for key, value := range values {
		switch key {
		case "timelimit":
			seconds, err := strconv.ParseFloat(value, 64)
			if err != nil || !(seconds >= 0.001 && seconds <= 1e6) {
				return 0, fmt.Errorf("%s: timelimit %q is no number of seconds", domjudgeFile, value)
			}
			limit = time.Duration(seconds * float64(time.Second))
		case "name":
			if l.pkg.Problem.Title == "" {
				l.pkg.Problem.Title = value
			}
		case "special_run", "special_compare", "special_compare_args", "points":
			l.warn("%s: %s is of a DOMjudge's own settings, and not used", domjudgeFile, key)
		case "short-name", "externalid", "probid", "cid", "allow_submit", "allow_judge", "color", "lazy_eval_results":
		default:
			l.warn("%s: unknown key %s", domjudgeFile, key)
		}
	}
	return limit, nil
}

// parseINI reads lines KEY = VALUE, with quotes around the value if it is to
// have blanks at its ends; wrong are the numbers of lines that are none.
func parseINI(data []byte) (values map[string]string, wrong []int) {
	values = map[string]string{}
	number := 0
	for text := range bytes.Lines(data) {
		number++
		line := strings.TrimSpace(strings.TrimPrefix(string(text), "\ufeff"))
		if line == "" || line[0] == ';' || line[0] == '#' || line[0] == '[' {
			continue
		}
		key, value, ok := strings.Cut(line, "=")
		if key = strings.ToLower(strings.TrimSpace(key)); !ok || key == "" {
			wrong = append(wrong, number)
			continue
		}
		value = strings.TrimSpace(value)
		for _, quote := range []string{`"`, `'`} {
			if len(value) >= 2 && strings.HasPrefix(value, quote) && strings.HasSuffix(value, quote) {
				value = value[1 : len(value)-1]
				break
			}
		}
		values[key] = value
	}
	return values, wrong
}

// dotTimelimit reads the file that some tools of the ICPC write.
func (l *loader) dotTimelimit() (time.Duration, error) {
	if !l.file(timelimitFile) {
		return 0, nil
	}
	data, err := l.read(timelimitFile, maxTextSize)
	if err != nil {
		return 0, err
	}
	seconds, err := strconv.ParseFloat(strings.TrimSpace(string(data)), 64)
	if err != nil || !(seconds >= 0.001 && seconds <= 1e6) {
		return 0, fmt.Errorf("%s: %.40q is no number of seconds", timelimitFile, data)
	}
	return time.Duration(seconds * float64(time.Second)), nil
}
