package salt

import (
	"errors"
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxKey is the length of an AMQP short string, in bytes.
const maxKey = 255

// CheckTopic reports what is wrong with a topic: it must be 1 to 255 bytes of
// UTF-8 words with single dots between them, without wildcards, spaces and
// control characters.
func CheckTopic(topic string) error {
	if err := checkWords(topic); err != nil {
		return fmt.Errorf("topic %w", err)
	}
	if i := strings.IndexAny(topic, "*#"); i >= 0 {
		return fmt.Errorf("topic %q has the wildcard %q; wildcards belong in SubscribePattern", topic, topic[i])
	}
	return nil
}

// CheckPattern reports what is wrong with a pattern. Its words are separated by
// dots; the word "*" stands for exactly one word, "#" for any number of words,
// none included. These are RabbitMQ's rules; a wildcard inside a word
// ("user.cre*") would be a plain character there, so it is refused.
func CheckPattern(pattern string) error {
	if err := checkWords(pattern); err != nil {
		return fmt.Errorf("pattern %w", err)
	}
	for word := range strings.SplitSeq(pattern, ".") {
		if len(word) > 1 && strings.ContainsAny(word, "*#") {
			return fmt.Errorf("pattern %q: the broker takes the wildcard in %q as a plain character; make it a word of its own", pattern, word)
		}
	}
	return nil
}

func checkWords(s string) error {
	switch {
	case s == "":
		return errors.New("is empty")
	case len(s) > maxKey:
		return fmt.Errorf("%.24q… is %d bytes long, the protocol allows %d", s, len(s), maxKey)
	case !utf8.ValidString(s):
		return fmt.Errorf("%q is not UTF-8", s)
	}
	for _, r := range s {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return fmt.Errorf("%q contains %q; use words with dots between them, as user.signup", s, r)
		}
	}
	for word := range strings.SplitSeq(s, ".") {
		if word == "" {
			return fmt.Errorf("%q has an empty word: dots stand singly between words", s)
		}
	}
	return nil
}

// MatchPattern reports whether RabbitMQ would route key by pattern, whatever
// either contains.
func MatchPattern(pattern, key string) bool {
	return matchWords(words(pattern), words(key))
}

// words splits like the broker: an empty key has no words, not one empty one.
func words(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ".")
}

// matchWords is the classic two-pointer wildcard match: linear in practice and
// never worse than len(pattern) * len(key).
func matchWords(pattern, key []string) bool {
	p, k := 0, 0
	hash, mark := -1, 0 // the last "#" and the key word it has grown to
	for k < len(key) {
		switch {
		case p < len(pattern) && pattern[p] == "#":
			hash, mark = p, k
			p++
		case p < len(pattern) && (pattern[p] == "*" || pattern[p] == key[k]):
			p++
			k++
		case hash >= 0:
			mark++
			p, k = hash+1, mark
		default:
			return false
		}
	}
	for p < len(pattern) && pattern[p] == "#" {
		p++
	}
	return p == len(pattern)
}
