package main

import (
	"fmt"
	"io"
	"net/url"
	"strconv"
	"strings"
)

// A redactor takes the passwords of URLs out of texts: the last line of
// defence, behind code that does not put them in.
type redactor struct{ replace *strings.Replacer }

// minSecret keeps a very short password from blotting out half of a text.
const minSecret = 3

// newRedactor knows the password of every text that looks like a URL, however
// broken, in each form it might be printed in.
func newRedactor(texts ...string) redactor {
	var pairs []string
	for _, password := range passwords(texts) {
		forms := []string{password, url.QueryEscape(password), url.PathEscape(password)}
		if plain, err := url.PathUnescape(password); err == nil {
			forms = append(forms, plain, url.QueryEscape(plain), url.PathEscape(plain))
		}
		for _, form := range forms {
			quoted := strconv.Quote(form)
			pairs = append(pairs, quoted[1:len(quoted)-1], "xxxxx", form, "xxxxx")
		}
	}
	return redactor{strings.NewReplacer(pairs...)}
}

// passwords finds those of texts that look like URLs: before the host, and as
// PostgreSQL's parameter.
func passwords(texts []string) (found []string) {
	for _, text := range texts {
		if user, password := credentials(text); len(password) >= minSecret && password != user {
			found = append(found, password)
		}
		if _, parameter, ok := strings.Cut(text, "password="); ok && strings.Contains(text, "://") {
			if parameter, _, _ = strings.Cut(parameter, "&"); len(parameter) >= minSecret {
				found = append(found, parameter)
			}
		}
	}
	return found
}

// credentials reads user:password out of a URL without asking whether it is a
// good one: the password is all between the first colon and the last @.
func credentials(text string) (user, password string) {
	_, rest, ok := strings.Cut(text, "://")
	if !ok {
		return "", ""
	}
	at := strings.LastIndexByte(rest, '@')
	if at < 0 {
		return "", ""
	}
	user, password, _ = strings.Cut(rest[:at], ":")
	return user, password
}

func (r redactor) text(s string) string { return r.replace.Replace(s) }

// redactingWriter hides passwords in what is written. Each write must be whole
// lines, as fmt and slog write them.
type redactingWriter struct {
	to   io.Writer
	hide redactor
}

func (w *redactingWriter) Write(p []byte) (int, error) {
	if _, err := io.WriteString(w.to, w.hide.text(string(p))); err != nil {
		return 0, fmt.Errorf("write: %w", err)
	}
	return len(p), nil
}

// shownURL is a URL for people, without password and query.
func shownURL(raw string) string {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return "the broker"
	}
	shown := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path, RawPath: u.RawPath}
	if u.User != nil {
		shown.User = url.User(u.User.Username())
	}
	return shown.String()
}
