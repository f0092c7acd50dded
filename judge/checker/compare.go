// Package checker decides whether an output is a right answer.
//
// Its one idea: a checker is a function of two texts, output and answer, to a
// [Result] that carries its evidence. The built-in ones ([Exact], [Lines],
// [Tokens]) read both once, side by side, and keep no more than a window of
// 64 KiB of each. A checker that is a program of its own speaks a [Protocol],
// and is run in a sandbox as the solution was (see [Program]).
//
// # What counts as equal
//
// White space is what C's isspace says: space, \t, \n, \v, \f, \r. Everything
// else is part of a token, also NUL and bytes that are no UTF-8. Case is
// ignored for ASCII letters alone. A missing newline at the end, or CR before
// LF, matter to [Exact] and to [Tokens.ExactSpace], to nothing else.
//
// Numbers are decimal: an optional sign, digits with at most one point and at
// least one digit, an optional exponent; or inf, infinity, nan in any case.
// Hexadecimal floats are words, as for testlib (Kattis's validator, by scanf,
// takes them). If the answer's token is a number, the output's must be one,
// and within the tolerance: |output-answer| is no more than Absolute, or no
// more than Relative times |answer|. The border belongs to what is right.
// Numbers beyond a float64's range are infinite; inf is right for inf of the
// same sign, nan for nan (testlib's rule; Kattis's validator takes neither for
// right), and -0 is 0. Tokens that are the same text are always equal.
package checker

import (
	"bytes"
	"fmt"
	"io"
)

// Comparer is a built-in checker: Exact, Lines or Tokens. It is safe for
// concurrent use.
type Comparer interface {
	// Compare reads both to the first difference or the end. It never says
	// Failed: an error is one of a reader, and says whose.
	Compare(output, answer io.Reader) (Result, error)
	// String is what [Parse] makes the same checker of.
	String() string
}

// Exact accepts an output that is the answer byte for byte.
type Exact struct{}

// Lines accepts an output whose lines are the answer's, but for blanks at the
// ends of lines, CR before LF, and empty lines at the end of the text.
type Lines struct {
	// IgnoreCase takes ASCII letters for equal to their other case.
	IgnoreCase bool
}

// Tokens accepts an output whose tokens are the answer's. Tokens are what
// stands between bytes of white space.
type Tokens struct {
	// IgnoreCase takes ASCII letters for equal to their other case.
	IgnoreCase bool
	// ExactSpace wants the white space between tokens to be the same, too.
	ExactSpace bool
	// Tolerance compares tokens that are numbers in the answer as numbers; nil
	// compares them as text.
	Tolerance *Tolerance
}

// Compare implements [Comparer].
func (Exact) Compare(output, answer io.Reader) (Result, error) {
	a, b := newScanner(output), newScanner(answer)
	defer a.close()
	defer b.close()
	for {
		n, ended := same(a, b)
		if ended {
			return accept(a, b)
		}
		if n == 0 {
			return differ("the bytes differ", a, b, isNewline)
		}
	}
}

// Compare implements [Comparer].
func (l Lines) Compare(output, answer io.Reader) (Result, error) {
	a, b := newScanner(output), newScanner(answer)
	defer a.close()
	defer b.close()
	for {
		n, ended := same(a, b)
		switch x, y := a.next(), b.next(); {
		case ended:
			return accept(a, b)
		case n > 0:
		case l.IgnoreCase && x >= 0 && y >= 0 && lower(byte(x)) == lower(byte(y)):
			a.advance(1)
			b.advance(1)
		default:
			// All that came before is equal, blanks included. So what is left
			// of both lines must be blank.
			result, err := differ("the lines differ", a, b, isNewline)
			a.skip(blank)
			b.skip(blank)
			x, y = a.next(), b.next()
			if x == '\n' && y == '\n' {
				continue
			}
			if x < 0 || y < 0 {
				// And what is left of the texts, once one of them has ended.
				a.skip(space)
				b.skip(space)
				x, y = a.next(), b.next()
			}
			if x < 0 && y < 0 {
				return accept(a, b)
			}
			return result, err
		}
	}
}

// Compare implements [Comparer].
func (t Tokens) Compare(output, answer io.Reader) (Result, error) {
	a, b := newScanner(output), newScanner(answer)
	defer a.close()
	defer b.close()
	for {
		// Whole tokens that are the same bytes need no second look.
		wa, wb := a.window(1), b.window(1)
		if n := common(wa, wb); n > 0 {
			n = bytes.LastIndexAny(wa[:n], " \t\n\v\f\r") + 1
			a.advance(n)
			b.advance(n)
		}
		if t.ExactSpace {
			for x, y := a.next(), b.next(); x >= 0 && space(byte(x)) || y >= 0 && space(byte(y)); x, y = a.next(), b.next() {
				if x != y {
					return differ("white space differs", a, b, space)
				}
				a.advance(1)
				b.advance(1)
			}
		} else {
			a.skip(space)
			b.skip(space)
		}
		if ended, equal, reason := t.token(a, b); ended {
			return accept(a, b)
		} else if !equal {
			return differ(reason, a, b, space)
		}
	}
}

// token compares a token, and leaves it behind if it is equal.
func (t Tokens) token(a, b *scanner) (ended, equal bool, reason string) {
	for first := true; ; first = false {
		x, wholeX := a.token()
		y, wholeY := b.token()
		switch {
		case first && len(x) == 0 && len(y) == 0:
			// At the end, or at white space that is yet to be compared.
			return a.next() < 0 && b.next() < 0, true, ""
		case wholeX != wholeY:
			return false, false, "the tokens differ"
		case first && wholeX:
			equal, reason = t.equal(x, y)
		default:
			equal, reason = t.equalText(x, y), "the tokens differ"
		}
		if !equal {
			return false, false, reason
		}
		a.advance(len(x))
		b.advance(len(y))
		if wholeX {
			return false, true, ""
		}
	}
}

func (t Tokens) equal(output, answer []byte) (equal bool, reason string) {
	switch {
	case t.equalText(output, answer):
		return true, ""
	case len(output) == 0:
		return false, "the output ends early"
	case len(answer) == 0:
		return false, "the output goes on after its end"
	case t.Tolerance == nil:
		return false, "the tokens differ"
	}
	return t.Tolerance.equal(output, answer)
}

func (t Tokens) equalText(output, answer []byte) bool {
	if !t.IgnoreCase || len(output) != len(answer) {
		return bytes.Equal(output, answer)
	}
	for i, c := range output {
		if lower(c) != lower(answer[i]) {
			return false
		}
	}
	return true
}

// same leaves behind what both windows have in common, and says how much that
// was and whether both texts have ended.
func same(a, b *scanner) (n int, ended bool) {
	wa, wb := a.window(1), b.window(1)
	n = common(wa, wb)
	a.advance(n)
	b.advance(n)
	return n, len(wa) == 0 && len(wb) == 0
}

// failed is the error of a text that could not be read to its end.
func failed(a, b *scanner) error {
	if err := a.failure(); err != nil {
		return fmt.Errorf("checker: the output: %w", err)
	}
	if err := b.failure(); err != nil {
		return fmt.Errorf("checker: the answer: %w", err)
	}
	return nil
}

func accept(a, b *scanner) (Result, error) {
	if err := failed(a, b); err != nil {
		return Result{}, err
	}
	return Result{Outcome: Accepted}, nil
}

// differ is the result of two texts that differ where they are.
func differ(reason string, a, b *scanner, end func(byte) bool) (Result, error) {
	m := &Mismatch{Reason: reason, Output: a.place(end), Answer: b.place(end)}
	if err := failed(a, b); err != nil {
		return Result{}, err
	}
	switch {
	case m.Output.End:
		m.Reason = "the output ends early"
	case m.Answer.End:
		m.Reason = "the output goes on after its end"
	}
	return Result{Outcome: WrongAnswer, Mismatch: m, Message: m.String()}, nil
}

// String is the mismatch in one line.
func (m *Mismatch) String() string {
	return fmt.Sprintf("line %d, column %d: %s: %s, expected %s", m.Output.Line, m.Output.Column, m.Reason, m.Output.text(), m.Answer.text())
}

// text is what is found at a place.
func (p Place) text() string {
	switch {
	case p.End:
		return "the end"
	case p.Found == "":
		return "white space"
	}
	return `"` + p.Found + `"`
}
