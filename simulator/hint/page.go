package hint

import (
	"html"
	"regexp"
	"strings"

	"semblance/schemas/lazy"

	"semblance/simulator"
)

// maxPage bounds the part of a page that is read, in bytes. The debug page of a framework has its message in the beginning.
const maxPage = 64 << 10

var (
	comments = lazy.Regexp(`(?s)<!--.*?-->`)
	unseen   = lazy.Regexp(`(?is)<(style|script|svg|template)\b.*?</(style|script|svg|template)>`)
	title    = lazy.Regexp(`(?is)<title[^>]*>(.*?)</title>`)
	message  = lazy.Regexp(`(?is)<pre class="exception_value">(.*?)</pre>`) // of Django's debug page
	code     = lazy.Regexp(`(?is)<pre[^>]*>(.*?)</pre>`)
	body     = lazy.Regexp(`(?is)<body[^>]*>(.*)`)
	breaks   = lazy.Regexp(`(?i)<(br|/?p|/?div|/?h[1-6]|/?li|/?tr)\b[^>]*>`)
	tags     = lazy.Regexp(`(?s)<[^>]*>`)
	heading  = lazy.Regexp(`(?i)<h1\b`)
	stack    = lazy.Regexp(`(?m)^[\s\x{a0}]*at .*$`) // a line of a JavaScript stack
)

// Text returns the body of a response as text. Of an HTML page it returns what a reader looks for: the message of the
// framework, without style, markup and stack.
func Text(r *simulator.Response) string {
	text := string(r.Body)
	text = text[:min(len(text), maxPage)]
	if !page(r) {
		return text
	}
	text = unseen().ReplaceAllString(comments().ReplaceAllString(text, ""), "")
	head := plain(first(title, text))
	if m := first(message, text); m != "" {
		return join(head, plain(m))
	}
	if !heading().MatchString(text) { // as Express writes an error
		pre := html.UnescapeString(breaks().ReplaceAllString(first(code, text), "\n"))
		if pre = plain(stack().ReplaceAllString(pre, "")); pre != "" {
			return join(head, pre)
		}
	}
	content := first(body, text)
	if content == "" {
		content = title().ReplaceAllString(text, "")
	}
	return join(head, plain(breaks().ReplaceAllString(content, " ")))
}

func first(pattern func() *regexp.Regexp, text string) string {
	if m := pattern().FindStringSubmatch(text); m != nil {
		return m[1]
	}
	return ""
}

// plain removes tags, resolves entities and joins the words.
func plain(text string) string {
	return strings.Join(strings.Fields(html.UnescapeString(tags().ReplaceAllString(text, ""))), " ")
}

// join puts the title before the message, unless it says nothing.
func join(title, message string) string {
	switch {
	case title == "" || title == "Error" || strings.HasPrefix(message, title):
		return message
	case message == "":
		return title
	}
	return title + ": " + message
}
