package golang

import (
	"strconv"
	"strings"
)

// quoteTag writes a value of a struct tag.
func quoteTag(text string) string { return strconv.Quote(text) }

func nameOf(json string) string {
	name, _, _ := strings.Cut(json, ",")
	return name
}

// tagsOf is the text between the backquotes.
func tagsOf(json string, tags []entry) string {
	if json == "-" {
		json = "-,"
	}
	text := "json:" + quoteTag(json)
	if salt := tagText(tags); salt != "" {
		text += " salt:" + quoteTag(salt)
	}
	return text
}

// literalTag writes a struct tag as a Go literal.
func literalTag(tag string) string {
	if !strconv.CanBackquote(tag) {
		return strconv.Quote(tag)
	}
	return "`" + tag + "`"
}
