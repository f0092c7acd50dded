package checker

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"sync"
	"unicode/utf8"
)

const (
	bufferSize = 64 << 10
	// longest is the length from which on a token is no number, and is
	// compared in pieces.
	longest = 4 << 10
	// shown is how much of a token or line a mismatch shows, around how much
	// is shown of what stands before and after it.
	shown, around = 64, 24
)

// scanner is a text read once, with the place where it is read and a window on
// what comes next.
type scanner struct {
	from  io.Reader
	own   *[bufferSize]byte
	buf   []byte
	r, w  int // buf[r:w] is the window
	err   error
	line  int64
	begin int64 // offset of the line's first byte
	at    int64 // offset of buf[r]
	tail  []byte
}

// buffers are what scanners read into.
var buffers = sync.Pool{New: func() any { return new([bufferSize]byte) }}

// newScanner makes a scanner, which must be closed.
func newScanner(from io.Reader) *scanner {
	own := buffers.Get().(*[bufferSize]byte)
	return &scanner{from: from, own: own, buf: own[:], line: 1}
}

// close gives the buffer back.
func (s *scanner) close() { buffers.Put(s.own) }

// window is what comes next: n bytes at least, unless the text ends before.
// n is no more than longest.
func (s *scanner) window(n int) []byte {
	for s.w-s.r < n && s.err == nil {
		if s.r > 0 && len(s.buf)-s.r < n {
			s.w = copy(s.buf, s.buf[s.r:s.w])
			s.r = 0
		}
		s.read()
	}
	return s.buf[s.r:s.w]
}

func (s *scanner) read() {
	if s.r == s.w {
		s.r, s.w = 0, 0
	}
	const patience = 100
	for range patience {
		n, err := s.from.Read(s.buf[s.w:])
		s.w += n
		s.err = err
		if n > 0 || err != nil {
			return
		}
	}
	s.err = io.ErrNoProgress
}

// failure is the reader's error, if the text did not simply end.
func (s *scanner) failure() error {
	if s.err == nil || errors.Is(s.err, io.EOF) {
		return nil
	}
	return s.err
}

// advance leaves n bytes of the window behind.
func (s *scanner) advance(n int) {
	piece := s.buf[s.r : s.r+n]
	if last := bytes.LastIndexByte(piece, '\n'); last >= 0 {
		s.line += int64(bytes.Count(piece[:last], newline)) + 1
		s.begin = s.at + int64(last) + 1
		s.tail = s.tail[:0]
		piece = piece[last+1:]
	}
	if len(piece) >= around {
		s.tail = append(s.tail[:0], piece[len(piece)-around:]...)
	} else {
		s.tail = append(s.tail, piece...)
		s.tail = s.tail[max(0, len(s.tail)-around):]
	}
	s.r += n
	s.at += int64(n)
}

var newline = []byte{'\n'}

// next is the byte that comes next, -1 at the end.
func (s *scanner) next() int {
	w := s.window(1)
	if len(w) == 0 {
		return -1
	}
	return int(w[0])
}

// skip leaves behind what are bytes of a kind.
func (s *scanner) skip(kind func(byte) bool) {
	for {
		w := s.window(1)
		n := 0
		for n < len(w) && kind(w[n]) {
			n++
		}
		s.advance(n)
		if n == 0 || n < len(w) {
			return
		}
	}
}

// token is the token that begins here, "" at the end. One that is not whole is
// longer than longest, and this is its beginning.
func (s *scanner) token() (piece []byte, whole bool) {
	w := s.window(longest)
	for i, c := range w[:min(len(w), longest)] {
		if space(c) {
			return w[:i], true
		}
	}
	if len(w) >= longest {
		return w[:longest], false
	}
	return w, true
}

// place is where the scanner is. What is found there ends where the first byte
// of the kind end is.
func (s *scanner) place(end func(byte) bool) Place {
	w := s.window(longest)
	w = w[:min(len(w), longest)] // so that it does not depend on how much came at once
	n := 0
	for n < len(w) && !end(w[n]) {
		n++
	}
	rest := w[n:]
	if i := bytes.IndexByte(rest, '\n'); i >= 0 {
		rest = rest[:i]
	}
	return Place{
		Line: s.line, Column: s.at - s.begin + 1, End: len(w) == 0,
		Found: cut(w[:n], shown), Before: escape(s.tail), After: cut(rest, around),
	}
}

// cut is a text as it is shown, its end left out if it is too long.
func cut(text []byte, most int) string {
	if len(text) <= most {
		return escape(text)
	}
	return escape(text[:most]) + "…"
}

// escape makes a text fit to be shown: one line, valid UTF-8, nothing that
// moves a terminal's cursor.
func escape(text []byte) string {
	var b []byte
	for len(text) > 0 {
		r, size := utf8.DecodeRune(text)
		switch {
		case r == utf8.RuneError && size == 1:
			b = append(b, `\x`...)
			b = append(b, "0123456789abcdef"[text[0]>>4], "0123456789abcdef"[text[0]&15])
		case strconv.IsPrint(r):
			b = append(b, text[:size]...)
		default:
			quoted := strconv.QuoteRune(r)
			b = append(b, quoted[1:len(quoted)-1]...)
		}
		text = text[size:]
	}
	return string(b)
}

// space is C's isspace, which is what checkers of the field go by.
func space(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// blank is white space within a line. A CR is one, so that lines may end as
// other systems end them.
func blank(c byte) bool { return space(c) && c != '\n' }

func isNewline(c byte) bool { return c == '\n' }

// common is how many bytes two texts have in common at their beginnings.
func common(a, b []byte) int {
	n := min(len(a), len(b))
	const step = 512
	i := 0
	for i+step <= n && bytes.Equal(a[i:i+step], b[i:i+step]) {
		i += step
	}
	for i < n && a[i] == b[i] {
		i++
	}
	return i
}

func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}
