package export

import (
	"io"

	"semblance/schemas"
)

// AsyncAPI writes an AsyncAPI 3.0 document from the provider's point of view: one channel with a message for each event
// type, its payload and headers, and the signature as a security scheme.
func AsyncAPI(w io.Writer) error {
	references, messages := object{}, object{}
	for _, t := range schemas.AllWithRetired() {
		name := componentName(t)
		references[name] = reference("messages", name)
		messages[name] = object{
			"name": t.Name, "title": t.Name, "summary": summary(t), "contentType": "application/json", "tags": []object{{"name": t.Group}},
			"headers": reference("schemas", "Headers"), "payload": reference("schemas", name), "examples": []object{{"payload": exampleOf(t)}},
		}.withDescription(note(t))
	}
	all := components()
	all["Headers"] = headersSchema()
	return writeJSON(w, object{
		"asyncapi":           "3.0.0",
		"id":                 "urn:semblance:webhooks",
		"info":               object{"title": title, "version": Version, "tags": tags()}.withDescription(introduction),
		"defaultContentType": "application/json",
		"channels": object{"subscription": object{
			"address":  nil, // each subscription has its own URL
			"title":    "A subscription's URL",
			"messages": references,
		}.withDescription("Each subscription has its own URL and receives the event types that it lists. Wildcards are not supported.")},
		"operations": object{"deliver": object{
			"action":   "send",
			"channel":  object{"$ref": "#/channels/subscription"},
			"title":    "Deliver an event",
			"security": []object{reference("securitySchemes", "signature")},
			"bindings": object{"http": object{"method": "POST", "bindingVersion": "0.3.0"}},
		}.withDescription("A POST to the subscription's URL. A 2xx response within ten seconds accepts it. Any other outcome is a failure and is retried.")},
		"components": object{"messages": messages, "schemas": all, "securitySchemes": securitySchemes("httpApiKey")},
	})
}

// headersSchema allows other headers, because a subscription may define some.
func headersSchema() *schema {
	return &schema{
		Type: "object",
		Properties: map[string]*schema{
			signatureName:  signatureSchema(),
			timestampName:  timestampSchema(),
			"Content-Type": {Type: "string", Description: "application/json."},
		},
		Required: []string{signatureName, timestampName, "Content-Type"},
	}
}
