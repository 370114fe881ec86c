package main

import (
	"fmt"
	"os"
	"strings"
	"unicode"
)

// isTerminal reports whether a stream is a person's. Anything but a device file
// is not.
func isTerminal(stream any) bool {
	f, ok := stream.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

// A palette colours text, or leaves it alone.
type palette bool

func (a *app) palette() palette {
	return palette(isTerminal(a.out) && a.env("NO_COLOR") == "" && a.env("TERM") != "dumb")
}

func (p palette) code(code, text string) string {
	if !p || text == "" {
		return text
	}
	return "\x1b[" + code + "m" + text + "\x1b[0m"
}

func (p palette) bold(text string) string  { return p.code("1", text) }
func (p palette) dim(text string) string   { return p.code("2", text) }
func (p palette) red(text string) string   { return p.code("31", text) }
func (p palette) green(text string) string { return p.code("32", text) }
func (p palette) cyan(text string) string  { return p.code("36", text) }

// printable makes foreign text safe for a terminal: a message must not move the
// cursor or turn the direction of the line. Within JSON the escapes are JSON's.
func printable(text string) string {
	if !strings.ContainsFunc(text, unprintable) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch {
		case !unprintable(r):
			b.WriteRune(r)
		case r > 0xffff:
			r -= 0x10000
			fmt.Fprintf(&b, `\u%04x\u%04x`, 0xd800+r>>10, 0xdc00+r&0x3ff)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}

func unprintable(r rune) bool { return r != ' ' && !unicode.IsPrint(r) }
