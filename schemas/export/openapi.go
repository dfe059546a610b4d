package export

import (
	"io"

	"semblance/schemas"
)

// OpenAPI writes an OpenAPI 3.1 document without paths. It has a webhook for each event type, with the request, its
// signature and the possible responses.
func OpenAPI(w io.Writer) error {
	webhooks := object{}
	for _, t := range schemas.AllWithRetired() {
		name := componentName(t)
		operation := object{
			"operationId": lowerFirst(name),
			"summary":     summary(t),
			"tags":        []string{t.Group},
			"parameters":  []object{reference("parameters", "Signature"), reference("parameters", "Timestamp")},
			"requestBody": object{"required": true, "content": object{"application/json": object{"schema": reference("schemas", name), "example": exampleOf(t)}}},
			"responses": object{
				"2XX": object{"description": "Accepted. The provider ignores the body."},
				"4XX": object{"description": "Rejected, for example because of a wrong signature. The delivery is retried."},
				"5XX": object{"description": "Failed. The delivery is retried."},
			},
			"security": []object{{"signature": []string{}}},
		}.withDescription(note(t))
		if t.Retired() {
			operation["deprecated"] = true
		}
		webhooks[t.Name] = object{"post": operation}
	}
	header := func(name, description string, of *schema, example string) object {
		return object{"name": name, "in": "header", "required": true, "description": description, "schema": of, "example": example}
	}
	return writeJSON(w, object{
		"openapi":           "3.1.0",
		"info":              object{"title": title, "version": Version, "description": introduction},
		"jsonSchemaDialect": draft,
		"tags":              tags(),
		"webhooks":          webhooks,
		"components": object{
			"parameters": object{
				"Signature": header(signatureName, signatureDescription, signatureSchema(), signatureExample),
				"Timestamp": header(timestampName, timestampDescription, timestampSchema(), timestampExample),
			},
			"schemas": components(), "securitySchemes": securitySchemes("apiKey"),
		},
	})
}
