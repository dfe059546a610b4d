package export

import (
	"io"

	"semblance/schemas"
)

// asyncDocument is the part of an AsyncAPI 3.0 document that this package writes.
type asyncDocument struct {
	AsyncAPI           string                    `json:"asyncapi"`
	ID                 string                    `json:"id"`
	Info               info                      `json:"info"`
	DefaultContentType string                    `json:"defaultContentType"`
	Channels           map[string]asyncChannel   `json:"channels"`
	Operations         map[string]asyncOperation `json:"operations"`
	Components         asyncComponents           `json:"components"`
}

type asyncChannel struct {
	Address     *string              `json:"address"` // null: each subscription has its own URL
	Title       string               `json:"title"`
	Description string               `json:"description"`
	Messages    map[string]reference `json:"messages"`
}

type asyncOperation struct {
	Action      string       `json:"action"`
	Channel     reference    `json:"channel"`
	Title       string       `json:"title"`
	Description string       `json:"description"`
	Security    []reference  `json:"security"`
	Bindings    asyncBinding `json:"bindings"`
}

type asyncBinding struct {
	HTTP asyncHTTP `json:"http"`
}

type asyncHTTP struct {
	Method         string `json:"method"`
	BindingVersion string `json:"bindingVersion"`
}

type asyncComponents struct {
	Messages        map[string]asyncMessage `json:"messages"`
	Schemas         map[string]*schema      `json:"schemas"`
	SecuritySchemes map[string]security     `json:"securitySchemes"`
}

type asyncMessage struct {
	Name        string         `json:"name"`
	Title       string         `json:"title"`
	Summary     string         `json:"summary"`
	Description string         `json:"description,omitempty"`
	ContentType string         `json:"contentType"`
	Tags        []tag          `json:"tags"`
	Headers     reference      `json:"headers"`
	Payload     reference      `json:"payload"`
	Examples    []asyncExample `json:"examples"`
}

type asyncExample struct {
	Payload example `json:"payload"`
}

// AsyncAPI writes an AsyncAPI 3.0 document from the provider's point of view: one channel with a message for each event
// type, its payload and headers, and the signature as a security scheme.
func AsyncAPI(w io.Writer) error {
	channel := asyncChannel{
		Title:       "A subscription's URL",
		Description: "Each subscription has its own URL and receives the event types that it lists. Wildcards are not supported.",
		Messages:    map[string]reference{},
	}
	messages := map[string]asyncMessage{}
	for _, t := range schemas.AllWithRetired() {
		name := componentName(t)
		channel.Messages[name] = reference{"#/components/messages/" + name}
		messages[name] = asyncMessage{
			Name:        t.Name,
			Title:       t.Name,
			Summary:     summary(t),
			Description: note(t),
			ContentType: "application/json",
			Tags:        []tag{{Name: t.Group}},
			Headers:     reference{"#/components/schemas/Headers"},
			Payload:     reference{"#/components/schemas/" + name},
			Examples:    []asyncExample{{exampleOf(t)}},
		}
	}
	all := components()
	all["Headers"] = headersSchema()
	return writeJSON(w, asyncDocument{
		AsyncAPI:           "3.0.0",
		ID:                 "urn:semblance:webhooks",
		Info:               info{title, Version, introduction, tags()},
		DefaultContentType: "application/json",
		Channels:           map[string]asyncChannel{"subscription": channel},
		Operations: map[string]asyncOperation{"deliver": {
			Action:      "send",
			Channel:     reference{"#/channels/subscription"},
			Title:       "Deliver an event",
			Description: "A POST to the subscription's URL. A 2xx response within ten seconds accepts it. Any other outcome is a failure and is retried.",
			Security:    []reference{{"#/components/securitySchemes/signature"}},
			Bindings:    asyncBinding{asyncHTTP{"POST", "0.3.0"}},
		}},
		Components: asyncComponents{
			Messages: messages,
			Schemas:  all,
			SecuritySchemes: map[string]security{"signature": {
				Type: "httpApiKey", Name: signatureName, In: "header", Description: signatureDescription,
			}},
		},
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
