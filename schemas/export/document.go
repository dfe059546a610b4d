package export

import "semblance/schemas"

// Texts that the AsyncAPI and the OpenAPI document share.
const (
	title = "Webhooks of a practice-management system"

	introduction = "The webhook events of the provider that Semblance simulates. A payload contains ids, not records: a receiver reads the records from the provider's API. " +
		"A delivery is retried until the response is 2xx. Deliveries can be duplicated and out of order. " +
		"A receiver must respond 2xx to event types that it does not know."

	signatureDescription = "t is the time of the attempt in Unix seconds. v1 is the HMAC-SHA256 of t, a full stop and the raw body, in lower-case hexadecimal digits, " +
		"keyed with the subscription's secret as text. While a secret is being replaced, there can be several v1, and one of them must match. " +
		"Verify the raw body before parsing it, compare in constant time, and reject a t more than five minutes from now. " +
		"This is Stripe's scheme with another header name."

	timestampDescription = "A copy of t. This header is not signed: use t."

	signatureName    = "X-Webhook-Signature"
	timestampName    = "X-Webhook-Timestamp"
	signatureExample = "t=1769851800,v1=5d41402abc4b2a76b9719d911017c592ae2f1d3b0c9a8e7f6d5c4b3a29181706"
	timestampExample = "1769851800"
)

// signatureSchema and timestampSchema describe the values of the two headers.
func signatureSchema() *schema {
	return &schema{Type: "string", Pattern: "^t=[0-9]+(,v1=[0-9a-f]{64})+$", Description: signatureDescription}
}

func timestampSchema() *schema {
	return &schema{Type: "string", Pattern: "^[0-9]+$", Description: timestampDescription}
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

// reference is a JSON reference.
type reference struct {
	Ref string `json:"$ref"`
}

// info is the info object of both documents.
type info struct {
	Title       string `json:"title"`
	Version     string `json:"version"`
	Description string `json:"description"`
	Tags        []tag  `json:"tags,omitempty"` // of AsyncAPI; OpenAPI has them at the top level
}

// security is the signature as a security scheme. The two documents differ in Type.
type security struct {
	Type        string `json:"type"`
	Name        string `json:"name"`
	In          string `json:"in"`
	Description string `json:"description"`
}
