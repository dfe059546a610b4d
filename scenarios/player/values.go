package player

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"semblance/fixtures"
	"semblance/scenarios/script"
	"semblance/simulator"
)

// values resolves the ${…} of one step, in one round and one branch. It implements script.Values.
type values struct {
	branch  *branch
	cast    map[string]*fixtures.Record
	round   rounds
	eventID string            // of the attempt that is judged; "" stands for the last event sent
	sign    map[string]string // t, v1 and body of a request
	masked  bool              // for messages: a value of the environment is its placeholder
	each    *script.Binding   // of the round; may be nil
	time    time.Time         // of the request; zero is now
	fresh   *fresh            // the values ${new.…}
	used    int               // how many of fresh were used
}

func (b *branch) values(f frame) *values {
	return &values{branch: b, cast: b.run.cast[f.scenario], round: f.round, each: f.each,
		fresh: &fresh{run: b.run, key: drawKey(f.path, f.round)}}
}

// shown returns the same values as they may be printed.
func (v *values) shown() *values {
	shown := *v
	shown.used = 0 // the same values again
	shown.masked = !v.branch.run.options.ShowSecrets
	return &shown
}

// Value returns the value of a reference.
func (v *values) Value(ref *script.Ref) (any, error) {
	r := v.branch.run
	switch ref.Kind {
	case script.RefCast:
		return v.record(ref)
	case script.RefCapture:
		if value, ok := v.branch.scope.get(ref.Name); ok {
			return value, nil
		}
		return nil, fmt.Errorf("no capture named %s", ref.Name)
	case script.RefRequest:
		switch {
		case v.eventID != "":
			return v.eventID, nil
		case v.branch.lastEventID != "":
			return v.branch.lastEventID, nil
		}
		return nil, errNothingSent
	case script.RefEnv:
		if value, ok := r.options.Env(ref.Name); ok {
			if v.masked {
				return "${" + ref.Text + "}", nil
			}
			return value, nil
		}
		return nil, fmt.Errorf("the environment variable %s is not set", ref.Name)
	case script.RefTarget:
		switch ref.Name {
		case "origin":
			return r.origin, nil
		case "slash":
			return withOtherSlash(r.options.Target), nil
		}
		return r.options.Target, nil
	case script.RefAPI:
		switch api := r.options.API; {
		case api == nil:
			return "${" + ref.Text + "}", nil // of a dry run
		case ref.Name == "url":
			return api.URL(), nil
		default:
			return api.Token(), nil
		}
	case script.RefRun:
		switch ref.Name {
		case "seed":
			return fmt.Sprint(r.seed), nil
		case "round":
			return v.round.String(), nil
		}
		return r.runID, nil
	case script.RefEach:
		if value, ok := v.each.Value(ref.Name); ok {
			return value.Resolve(v)
		}
	case script.RefNow:
		return v.unix(ref.Offset), nil
	case script.RefStale:
		return v.unix(-r.stale()), nil
	case script.RefNew:
		v.used++
		return v.fresh.value(v.used-1, ref.Name, v.now()), nil
	case script.RefSecret:
		return secretForm(r.options.Secret.Reveal(), ref.Name), nil
	case script.RefSign, script.RefOver:
		if value, ok := v.sign[ref.Name]; ok {
			return value, nil
		}
	}
	return nil, errors.New("no value")
}

// withOtherSlash returns the path of a URL with a slash at its end added or removed.
func withOtherSlash(target string) string {
	u, err := url.Parse(target)
	switch {
	case err != nil || strings.Trim(u.Path, "/") == "":
		return "/"
	case strings.HasSuffix(u.Path, "/"):
		return strings.TrimSuffix(u.EscapedPath(), "/")
	}
	return u.EscapedPath() + "/"
}

// now returns the time of the request.
func (v *values) now() time.Time {
	if v.time.IsZero() {
		return v.branch.now()
	}
	return v.time
}

// unix returns the time of the request plus an offset, as the t of a signature.
func (v *values) unix(offset time.Duration) string {
	return strconv.FormatInt(v.now().Add(offset).Unix(), 10)
}

// secretForm returns the secret in one of the forms of ${secret.…}.
func secretForm(secret, form string) string {
	switch bare := strings.TrimPrefix(secret, "whsec_"); form {
	case "bare":
		return bare
	case "hex":
		return hex.EncodeToString([]byte(secret))
	case "base64":
		return base64.StdEncoding.EncodeToString([]byte(secret))
	case "decoded":
		for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding, base64.RawStdEncoding, base64.URLEncoding} {
			if decoded, err := encoding.DecodeString(bare); err == nil {
				return string(decoded)
			}
		}
	}
	return secret
}

func (v *values) record(ref *script.Ref) (any, error) {
	record := v.branch.run.clinics.related(v.cast[ref.Name], ref.Path)
	if record == nil {
		return nil, fmt.Errorf("%s has no %s", ref.Name, strings.Join(ref.Path, "."))
	}
	return v.branch.run.trial.record(record.ID()), nil
}

// resolver resolves several texts. After the first error it returns empty texts and keeps the error.
type resolver struct {
	*values
	signed map[string]string // the signature to use instead of a new one; may be nil
	err    error
}

// text returns a text with its values, or "" if it is nil.
func (r *resolver) text(t *script.Text) string {
	if t == nil || r.err != nil {
		return ""
	}
	var text string
	text, r.err = t.Resolve(r.values)
	return text
}

// headers returns headers with their values.
func (r *resolver) headers(named []script.Named) []simulator.Header {
	var headers []simulator.Header
	for i := range named {
		headers = append(headers, simulator.Header{Name: named[i].Name, Value: r.text(&named[i].Value)})
	}
	return headers
}
