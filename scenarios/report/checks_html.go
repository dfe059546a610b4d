package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"semblance/schemas/lazy"
	"semblance/simulator/capture"

	"semblance/scenarios"
	"semblance/simulator"
)

//go:embed checks.html
var checksPage string

// ChecksHTML writes a run of checks as one HTML file without scripts, fonts or other resources. The requests of each check
// stand beside the same event without the mistake, with the difference marked.
func ChecksHTML(w io.Writer, r *scenarios.CheckRun) error {
	style := page[strings.Index(page, "<style>")+len("<style>") : strings.Index(page, "</style>")]
	t, err := template.New("checks").Funcs(template.FuncMap{
		"style":  func() template.CSS { return template.CSS(style) }, // of the report of scenarios
		"source": func(source string) bool { return strings.HasPrefix(source, "https://") },
		"upper":  func(l scenarios.Level) string { return strings.ToUpper(string(l)) },
		"join":   strings.Join,
	}).Parse(checksPage)
	if err != nil {
		return fmt.Errorf("parsing the template of the report: %w", err)
	}
	return t.Execute(w, checksData(r))
}

// The data of the template.
type (
	htmlChecks struct {
		*scenarios.CheckRun
		Sentence, Summary, Took, Class string
		Groups                         []htmlGroup
	}
	htmlGroup struct {
		Name, Summary string
		Checks        []htmlCheck
	}
	htmlCheck struct {
		*scenarios.CheckResult
		Word, Class, Rerun string
		Open               bool
		Explains           []string
		Findings           []htmlFinding
		Steps              []htmlExchange // of a check without findings
	}
	htmlFinding struct {
		Level               string
		Sent, Expected, Got string
		Exchanges           []htmlExchange
		Omitted             int
	}
	htmlExchange struct {
		Title             string
		Request, Beside   []htmlSpan
		BesideTitle       string
		Response, Besides string
	}
	htmlSpan struct {
		Text   string
		Marked bool
	}
)

// maxShown bounds the exchanges of a finding in a report.
const maxShown = 3

func checksData(r *scenarios.CheckRun) htmlChecks {
	run := *r
	run.Target = simulator.RedactURL(r.Target)
	data := htmlChecks{CheckRun: &run, Sentence: r.Sentence(), Summary: r.Summary(), Took: fmt.Sprintf("%.1f s", r.Duration.Seconds()), Class: "passed"}
	switch r.Verdict() {
	case scenarios.VerdictFailed:
		data.Class = "failed"
	case scenarios.VerdictInconclusive:
		data.Class = "interrupted"
	}
	control := r.ValidEvent()
	text := checksText{run: r}
	for _, name := range scenarios.CheckGroups() {
		count, outcomes := text.group(name)
		group := htmlGroup{Name: name, Summary: strings.TrimSpace(count + " " + outcomes)}
		for i := range r.Checks {
			if c := &r.Checks[i]; c.Group == name {
				group.Checks = append(group.Checks, htmlChecked(r, c, control))
			}
		}
		if len(group.Checks) > 0 {
			data.Groups = append(data.Groups, group)
		}
	}
	return data
}

func htmlChecked(r *scenarios.CheckRun, c *scenarios.CheckResult, control *simulator.Attempt) htmlCheck {
	out := htmlCheck{CheckResult: c, Word: string(c.Outcome), Class: "skipped", Rerun: capture.Command(c.Rerun), Explains: r.Explained(c.ID)}
	switch {
	case c.Because != "":
		out.Word = "not judged"
	case c.Outcome == scenarios.Passed:
		out.Class = "passed"
	case r.Failed(c):
		out.Class, out.Open = "failed", true
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		finding := htmlFinding{Level: strings.ToUpper(string(f.Level)), Sent: sentText(f), Expected: f.Expected, Got: gotText(f)}
		for k := range f.Exchanges {
			if k == maxShown {
				finding.Omitted = len(f.Exchanges) - maxShown
				break
			}
			finding.Exchanges = append(finding.Exchanges, htmlExchanged(c, &f.Exchanges[k].Exchange, control))
		}
		out.Findings = append(out.Findings, finding)
	}
	for i := range c.Trial.Steps {
		if step := &c.Trial.Steps[i]; len(out.Findings) == 0 && len(step.Exchanges) > 0 {
			x := htmlExchanged(c, &step.Exchanges[0], control)
			x.Title = step.Title
			out.Steps = append(out.Steps, x)
		}
	}
	return out
}

// htmlExchanged returns an exchange beside its twin, or beside the valid event.
func htmlExchanged(c *scenarios.CheckResult, x *scenarios.Exchange, control *simulator.Attempt) htmlExchange {
	out := htmlExchange{Title: x.Label, Response: responseShort(&x.Attempt)}
	beside := x.Twin
	out.BesideTitle = "the same event without the mistake"
	if beside == nil && c.ID != scenarios.ControlID {
		beside, out.BesideTitle = control, "a valid event"
	}
	if beside == nil {
		out.Request = []htmlSpan{{Text: requestShort(&x.Attempt)}}
		return out
	}
	out.Request, out.Beside = difference(requestShort(&x.Attempt), requestShort(beside))
	out.Besides = responseShort(beside)
	return out
}

// maxShownText bounds each request and response in the report, in bytes.
const maxShownText = 6 << 10

func requestShort(a *simulator.Attempt) string {
	shown := a.Redacted()
	shown.Request.Body = shown.Request.Body[:min(len(shown.Request.Body), maxShownText)]
	for i, h := range shown.Request.Headers {
		shown.Request.Headers[i].Value = h.Value[:min(len(h.Value), maxShownText)]
	}
	return request(&shown)
}

func responseShort(a *simulator.Attempt) string {
	shown := a.Redacted()
	shown.Response.Body = shown.Response.Body[:min(len(shown.Response.Body), maxShownText)]
	return response(&shown)
}

// fresh matches what differs in every request: ids, signatures and times.
var fresh = lazy.Regexp(`\b([0-9a-f]{64}|[0-9a-f]{24}|1[0-9]{9})\b`)

// difference marks the parts of two requests that differ, beside fresh ids, signatures and times. If nothing else differs, the
// signatures are marked.
func difference(a, b string) (left, right []htmlSpan) {
	mask := func(line string) string { return fresh().ReplaceAllString(line, "…") }
	left, right = marked(a, b, mask), marked(b, a, mask)
	isMarked := func(s htmlSpan) bool { return s.Marked }
	if !slices.ContainsFunc(left, isMarked) && !slices.ContainsFunc(right, isMarked) {
		only := func(line string) string {
			if strings.HasPrefix(strings.ToLower(line), "x-webhook-signature:") {
				return line
			}
			return mask(line)
		}
		left, right = marked(a, b, only), marked(b, a, only)
	}
	return left, right
}

// marked returns the lines of a text, with the part marked in which each differs from the nearest line of the other text.
func marked(text, other string, mask func(string) string) []htmlSpan {
	known := map[string]int{}
	var rest []string
	for line := range strings.SplitSeq(other, "\n") {
		known[mask(line)]++
	}
	lines := strings.Split(text, "\n")
	own := map[string]int{}
	for _, line := range lines {
		own[mask(line)]++
	}
	for line := range strings.SplitSeq(other, "\n") {
		if own[mask(line)] == 0 {
			rest = append(rest, line)
		} else {
			own[mask(line)]--
		}
	}
	var spans []htmlSpan
	for i, line := range lines {
		end := "\n"
		if i == len(lines)-1 {
			end = ""
		}
		if known[mask(line)] > 0 {
			known[mask(line)]--
			spans = append(spans, htmlSpan{Text: line + end})
			continue
		}
		prefix, suffix := common(line, nearest(line, rest), mask)
		spans = append(spans, htmlSpan{Text: line[:prefix]}, htmlSpan{Text: line[prefix : len(line)-suffix], Marked: true}, htmlSpan{Text: line[len(line)-suffix:] + end})
	}
	return spans
}

// nearest returns the line with the longest common beginning.
func nearest(line string, others []string) string {
	best, most := "", -1
	for _, o := range others {
		n := 0
		for n < min(len(line), len(o)) && line[n] == o[n] {
			n++
		}
		if n > most {
			best, most = o, n
		}
	}
	return best
}

// common returns the lengths of the common beginning and end of two lines, apart from the masked parts of the beginning.
func common(a, b string, mask func(string) string) (prefix, suffix int) {
	// the longest beginning of a that b has too, at ends of words
	for i := len(a); i > 0; i-- {
		if (i == len(a) || !isWord(a[i-1]) || !isWord(a[i])) && strings.HasPrefix(mask(b), mask(a[:i])) {
			prefix = i
			break
		}
	}
	for suffix < min(len(a)-prefix, len(b)) && a[len(a)-1-suffix] == b[len(b)-1-suffix] {
		suffix++
	}
	for at := len(a) - suffix; suffix > 0 && at > prefix && isWord(a[at]) && isWord(a[at-1]); at++ { // whole words are marked
		suffix--
	}
	return prefix, suffix
}

func isWord(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80
}
