package signature_test

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stripe/stripe-go/v82/webhook"

	"semblance/simulator/signature"
	"semblance/simulator/signature/testdata/verifiers"
)

// vector is one entry of testdata/vectors.json, which says itself what the fields mean.
type vector struct {
	Name       string           `json:"name"`
	About      string           `json:"about"`
	Body       *string          `json:"body"`
	BodyBase64 []byte           `json:"bodyBase64"`
	Secret     string           `json:"secret"`
	Header     string           `json:"header"`
	Now        int64            `json:"now"`
	Tolerance  int64            `json:"tolerance"`
	Valid      bool             `json:"valid"`
	Reason     signature.Reason `json:"reason"`
	MayAccept  bool             `json:"mayAccept"`
	Others     map[string]struct {
		Valid bool   `json:"valid"`
		Why   string `json:"why"`
	} `json:"others"`
}

func (v vector) body() []byte {
	if v.Body != nil {
		return []byte(*v.Body)
	}
	return v.BodyBase64
}

func (v vector) now() time.Time           { return time.Unix(v.Now, 0) }
func (v vector) tolerance() time.Duration { return time.Duration(v.Tolerance) * time.Second }

func vectors(t testing.TB) []vector {
	t.Helper()
	var document struct {
		Title   string   `json:"title"`
		About   []string `json:"about"`
		Vectors []vector `json:"vectors"`
	}
	decoder := json.NewDecoder(bytes.NewReader(signature.Vectors()))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	return document.Vectors
}

func TestVectors(t *testing.T) {
	seen := map[signature.Reason]bool{}
	for _, v := range vectors(t) {
		t.Run(v.Name, func(t *testing.T) {
			err := signature.Verify(v.body(), v.Header, v.Secret, v.now(), v.tolerance())
			if (err == nil) != v.Valid || reason(err) != v.Reason {
				t.Errorf("%s: Verify says %v, reason %q; want valid %t, reason %q", v.About, err, reason(err), v.Valid, v.Reason)
			}
			d := signature.Explain(signature.Case{Body: v.body(), Header: v.Header, Secret: v.Secret, Now: v.now(), Tolerance: v.tolerance()})
			if d.Valid != v.Valid || d.Reason != v.Reason {
				t.Errorf("%s: Explain says %+v; want valid %t, reason %q", v.About, d, v.Valid, v.Reason)
			}
			if v.MayAccept && v.Valid || v.Body == nil == (v.BodyBase64 == nil) || v.About == "" {
				t.Errorf("the vector contradicts itself: %+v", v)
			}
		})
		seen[v.Reason] = true
	}
	for _, r := range []signature.Reason{
		"", signature.ReasonNoSecret, signature.ReasonMissing, signature.ReasonTooLong, signature.ReasonMalformed,
		signature.ReasonBadTimestamp, signature.ReasonTimestampTwice, signature.ReasonBadSignature, signature.ReasonNoTimestamp,
		signature.ReasonNoSignature, signature.ReasonMismatch, signature.ReasonStale, signature.ReasonFuture,
	} {
		if !seen[r] {
			t.Errorf("no vector is refused for the reason %q", r)
		}
	}
}

// stripe-go reads the wall clock; inside the bubble that clock can be set to each vector's now, as long as they ascend.
func TestVectorsWithStripe(t *testing.T) {
	for _, v := range vectors(t) {
		synctest.Test(t, func(t *testing.T) {
			time.Sleep(time.Until(v.now()))
			want, why := v.Valid, "it agrees"
			if other, ok := v.Others["stripe-go"]; ok {
				want, why = other.Valid, other.Why
				if want == v.Valid || why == "" {
					t.Errorf("%s: the vector claims a difference from stripe-go that is none", v.Name)
				}
			}
			err := webhook.ValidatePayloadWithTolerance(v.body(), v.Header, v.Secret, v.tolerance())
			if (err == nil) != want {
				t.Errorf("%s: stripe-go says %v, but the vector says: valid %t, because %s", v.Name, err, want, why)
			}
		})
	}
}

func TestVectorsWithTheVerifiersToCopy(t *testing.T) {
	compare := func(t *testing.T, verdicts map[string]bool) {
		for _, v := range vectors(t) {
			got, ok := verdicts[v.Name]
			if !ok || got != v.Valid && !v.MayAccept {
				t.Errorf("%s (%s): valid %t, known %t; want %t", v.Name, v.About, got, ok, v.Valid)
			}
		}
	}
	t.Run("go", func(t *testing.T) {
		verdicts := map[string]bool{}
		for _, v := range vectors(t) {
			verdicts[v.Name] = verifiers.Verify(v.body(), v.Header, v.Secret, v.now(), v.tolerance())
		}
		compare(t, verdicts)
	})
	for name, command := range map[string][]string{
		"node":   {"node", "testdata/verifiers/run.js"},
		"python": {"python3", "-B", "testdata/verifiers/run.py"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if _, err := exec.LookPath(command[0]); err != nil {
				if os.Getenv("SEMBLANCE_CI") == "1" {
					t.Fatalf("%s is not installed, and with SEMBLANCE_CI=1 it must be", command[0])
				}
				t.Skipf("%s is not installed, so the verifier in its language is not run", command[0])
			}
			cmd := exec.Command(command[0], command[1:]...)
			cmd.Stdin = bytes.NewReader(signature.Vectors())
			var errors strings.Builder
			cmd.Stderr = &errors
			output, err := cmd.Output()
			if err != nil {
				t.Fatalf("%s: %v\n%s", strings.Join(command, " "), err, errors.String())
			}
			var verdicts map[string]bool
			if err := json.Unmarshal(output, &verdicts); err != nil {
				t.Fatal(err)
			}
			compare(t, verdicts)
		})
	}
}

// README.md shows the tested verifiers.
func TestReadmeShowsTheVerifiers(t *testing.T) {
	page, err := os.ReadFile("README.md")
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile("(?ms)^<!-- (\\S+) -->\n```\\w+\n(.*?)^```$").FindAllStringSubmatch(string(page), -1)
	if len(shown) != 3 {
		t.Errorf("README.md shows %d verifiers, want 3", len(shown))
	}
	for _, m := range shown {
		file, err := os.ReadFile(filepath.FromSlash(m[1]))
		if err != nil {
			t.Fatal(err)
		}
		if !strings.Contains(string(file), m[2]) {
			t.Errorf("README.md differs from %s", m[1])
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, v := range vectors(f) {
		f.Add(v.Header)
	}
	f.Fuzz(func(t *testing.T, header string) {
		h, err := signature.Parse(header)
		if err != nil {
			if reason(err) == "" || strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("Parse(%q): %v has no reason or is no line", header, err)
			}
			return
		}
		if h.T < 0 || len(h.V1) == 0 || strings.ContainsAny(header, " \t\r\n") {
			t.Errorf("Parse(%q) = %+v", header, h)
		}
		for _, sum := range h.V1 {
			if len(sum) != 32 {
				t.Errorf("Parse(%q) has a signature of %d bytes", header, len(sum))
			}
		}
	})
}
