package receiver

import (
	"fmt"
	"net/http"

	"semblance/simulator/signature"
)

// admitExactContentType compares the whole header instead of the media type.
func admitExactContentType(req *http.Request) error {
	if got := req.Header.Get("Content-Type"); got != "application/json" {
		return &refusal{http.StatusUnsupportedMediaType, "content-type", fmt.Sprintf("expected application/json, got %q", got)}
	}
	return nil
}

func revealSecret(r *Receiver, _ []byte, _ http.Header) string {
	return "; the secret is " + r.options.Secrets[0]
}

func revealSignature(r *Receiver, body []byte, h http.Header) string {
	t, _, _ := cutHeader(h.Get(signature.HeaderName))
	return "; expected v1=" + signature.Digest(r.options.Secrets[0], append([]byte(t+"."), body...))
}

func revealStack(*Receiver, []byte, http.Header) string {
	return "\n    at verify (/srv/app/node_modules/webhooks/verify.js:12:9)\n    at process.processTicksAndRejections (node:internal/process/task_queues:95:5)"
}
