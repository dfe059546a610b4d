package export

import "semblance/schemas"

// What the two documents say in the same words.
const (
	title = "Webhooks of a practice-management system"

	introduction = "The webhook events of the provider that Semblance simulates. One change, one event, but for the exceptions that the provider documents. " +
		"A payload holds ids and no records: a receiver asks the provider's API for those. " +
		"Deliveries are repeated until they are answered with 2xx, and come more than once and out of order now and then. " +
		"A receiver answers 2xx to event types that it does not know."

	signatureWords = "t is the time of the attempt in Unix seconds, v1 is the HMAC-SHA256, in lower-case hexadecimal digits, of t, a full stop and the raw body, " +
		"keyed with the subscription's secret as text. While a secret is being replaced there may be several v1, of which one must be right. " +
		"Verify the bytes as they came, before parsing them, in constant time, and refuse a t more than five minutes from now. " +
		"It is Stripe's scheme under another name of the header."

	timestampWords = "The t of the signature once more. It is not signed on its own: use t."

	signatureName    = "X-Webhook-Signature"
	timestampName    = "X-Webhook-Timestamp"
	signatureExample = "t=1769851800,v1=5d41402abc4b2a76b9719d911017c592ae2f1d3b0c9a8e7f6d5c4b3a29181706"
	timestampExample = "1769851800"
)

// signatureSchema and timestampSchema describe the values of the two headers.
func signatureSchema() *schema {
	return &schema{Type: "string", Pattern: "^t=[0-9]+(,v1=[0-9a-f]{64})+$", Description: signatureWords}
}

func timestampSchema() *schema {
	return &schema{Type: "string", Pattern: "^[0-9]+$", Description: timestampWords}
}

// tag groups messages and operations.
type tag struct {
	Name        string `json:"name"`
	Description string `json:"description,omitempty"`
}

func tags() []tag {
	groups := schemas.Groups()
	all := make([]tag, len(groups))
	for i, g := range groups {
		all[i] = tag{g.Key, g.Title + ": " + g.Summary + "."}
	}
	return all
}

// reference is an object that stands for another.
type reference struct {
	Ref string `json:"$ref"`
}

// info is the head of both documents.
type info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
	Tags        []tag  `json:"tags,omitempty"` // of AsyncAPI; OpenAPI has them beside
}

// security is the signature as a security scheme. Each document has a name of its own for a key in a header.
type security struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description"`
}
