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

// object is an object of a document.
type object map[string]any

// withDescription returns the object with a description, unless that is "".
func (o object) withDescription(text string) object {
	if text != "" {
		o["description"] = text
	}
	return o
}

// reference returns a reference to a component.
func reference(section, name string) object {
	return object{"$ref": "#/components/" + section + "/" + name}
}

// tags are the groups of messages and operations.
func tags() (all []object) {
	for _, g := range schemas.Groups() {
		all = append(all, object{"name": g.Key, "description": g.Title + ": " + g.Summary + "."})
	}
	return all
}

// securitySchemes has the signature as a security scheme, whose type the two documents call differently.
func securitySchemes(kind string) object {
	return object{"signature": object{"type": kind, "name": signatureName, "in": "header", "description": signatureDescription}}
}
