package export

import (
	"io"

	"semblance/schemas"
)

// openDocument is the part of an OpenAPI 3.1 document that this package writes.
type openDocument struct {
	OpenAPI           string              `json:"openapi"`
	Info              info                `json:"info"`
	JSONSchemaDialect string              `json:"jsonSchemaDialect"`
	Tags              []tag               `json:"tags"`
	Webhooks          map[string]openPath `json:"webhooks"`
	Components        openComponents      `json:"components"`
}

type openPath struct {
	Post openOperation `json:"post"`
}

type openOperation struct {
	OperationID string                  `json:"operationId"`
	Summary     string                  `json:"summary"`
	Description string                  `json:"description,omitempty"`
	Deprecated  bool                    `json:"deprecated,omitempty"`
	Tags        []string                `json:"tags"`
	Parameters  []reference             `json:"parameters"`
	RequestBody openBody                `json:"requestBody"`
	Responses   map[string]openResponse `json:"responses"`
	Security    []map[string][]string   `json:"security"`
}

type openBody struct {
	Required bool                 `json:"required"`
	Content  map[string]openMedia `json:"content"`
}

type openMedia struct {
	Schema  reference `json:"schema"`
	Example example   `json:"example"`
}

type openResponse struct {
	Description string `json:"description"`
}

type openComponents struct {
	Parameters      map[string]openParameter `json:"parameters"`
	Schemas         map[string]*schema       `json:"schemas"`
	SecuritySchemes map[string]security      `json:"securitySchemes"`
}

type openParameter struct {
	Name        string  `json:"name"`
	In          string  `json:"in"`
	Required    bool    `json:"required"`
	Description string  `json:"description"`
	Schema      *schema `json:"schema"`
	Example     string  `json:"example"`
}

// OpenAPI writes an OpenAPI 3.1 document without paths. It has a webhook for each event type, with the request, its
// signature and the possible responses.
func OpenAPI(w io.Writer) error {
	webhooks := map[string]openPath{}
	for _, t := range schemas.AllWithRetired() {
		name := componentName(t)
		webhooks[t.Name] = openPath{openOperation{
			OperationID: lowerFirst(name),
			Summary:     summary(t),
			Description: note(t),
			Deprecated:  t.Retired(),
			Tags:        []string{t.Group},
			Parameters:  []reference{{"#/components/parameters/Signature"}, {"#/components/parameters/Timestamp"}},
			RequestBody: openBody{true, map[string]openMedia{"application/json": {reference{"#/components/schemas/" + name}, exampleOf(t)}}},
			Responses: map[string]openResponse{
				"2XX": {"Accepted. The provider ignores the body."},
				"4XX": {"Rejected, for example because of a wrong signature. The delivery is retried."},
				"5XX": {"Failed. The delivery is retried."},
			},
			Security: []map[string][]string{{"signature": {}}},
		}}
	}
	return writeJSON(w, openDocument{
		OpenAPI:           "3.1.0",
		Info:              info{Title: title, Version: Version, Description: introduction},
		JSONSchemaDialect: "https://json-schema.org/draft/2020-12/schema",
		Tags:              tags(),
		Webhooks:          webhooks,
		Components: openComponents{
			Parameters: map[string]openParameter{
				"Signature": {signatureName, "header", true, signatureDescription, signatureSchema(), signatureExample},
				"Timestamp": {timestampName, "header", true, timestampDescription, timestampSchema(), timestampExample},
			},
			Schemas: components(),
			SecuritySchemes: map[string]security{"signature": {
				Type: "apiKey", Name: signatureName, In: "header", Description: signatureDescription,
			}},
		},
	})
}
