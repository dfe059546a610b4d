package web

import (
	_ "embed"
	"encoding/json"
	"net/http"
	"reflect"

	"semblance/simulator/journal"
	"semblance/simulator/web/internal/openapi"
)

// graphqlRequest is a GraphQL document with its variables.
type graphqlRequest struct {
	Query         string         `json:"query"`                              // the document
	OperationName string         `json:"operationName,omitempty" api:"null"` // the operation to execute if the document has several
	Variables     map[string]any `json:"variables,omitempty" api:"null"`
	Extensions    map[string]any `json:"extensions,omitempty" api:"null"` // ignored
}

// graphqlResponse is the response of the GraphQL API.
type graphqlResponse struct {
	Data   any `json:"data,omitempty"`
	Errors []struct {
		Message    string `json:"message"`
		Path       []any  `json:"path,omitempty"`
		Extensions struct {
			Code string `json:"code,omitempty"` // such as UNAUTHENTICATED
		} `json:"extensions,omitzero"`
	} `json:"errors,omitempty"`
}

//go:embed openapi.json
var document []byte

// getDocument returns this document.
func (h *Handler) getDocument(c *call) (written, error) {
	c.w.Header().Set("Content-Type", "application/json")
	_, _ = c.w.Write(document) // the client may have closed the connection
	return written{}, nil
}

// Describe returns the description of the API, for the generator of the document.
func Describe() openapi.API {
	api := openapi.API{
		Info: map[string]string{
			"title": "Semblance: the control API", "version": "1",
			"summary": "Make events happen at a running provider, look at their deliveries, wait for them, send them again.",
			"description": "On a loopback address no token is needed, except for /graphql and for secrets. On any other address every request " +
				"needs one, in the header x-token or as a bearer token. A token in a request must be known and have the permission of the " +
				"operation: seeWebhooks to read, createWebhooks and deleteWebhooks for subscriptions, editWebhooks for all other changes. " +
				"Unknown keys and parameters are refused, and so are keys in another letter case, duplicate keys and null.",
		},
		Path: map[string]string{
			"type": "Full name of an event type.", "action": "Name of an action.", "event": "Id of an event.", "record": "Id of a record of the clinic.",
			"delivery": "Id of a delivery, the provider's outboxId.", "attempt": "Id of an attempt.", "subscription": "Id of a subscription.", "play": "Id of a play.",
		},
		Problem: reflect.TypeFor[Problem](),
		Errors: map[int]string{
			400: "The request is malformed or has a wrong value.", 401: "The token is missing or unknown.",
			403: "The token lacks the permission, the request comes from a page of another site, or an address is public.",
			404: "Unknown id or name.", 409: "Not possible in the current state.", 410: "The subscription is deleted.",
			413: "The body is too large.", 415: "The body is not JSON.", 421: "The Host header does not name this server.",
			429: "Too many of these are open.", 500: "Internal error of the simulator.", 501: "Not available in this server.",
			503: "The provider is stopping, or its journal cannot be written.", 504: "The condition was not met in time.",
		},
		Always: []int{400, 401, 403, 421, 500, 503},
		Types: map[reflect.Type]openapi.Schema{
			reflect.TypeFor[journal.Seq]():     {"type": "integer", "minimum": 0, "maximum": maxSeq},
			reflect.TypeFor[json.RawMessage](): {"type": "object"},
			reflect.TypeFor[identifiers]():     {"type": "object", "additionalProperties": openapi.Schema{"type": "string"}},
			reflect.TypeFor[metadata]():        {"type": "object"},
			reflect.TypeFor[timestamp]():       {"type": "string", "format": "date-time"},
		},
		Groups: []openapi.Group{{Tag: "provider", Operations: []openapi.Operation{{
			Method: http.MethodPost, Path: "/graphql", Func: "graphql", Status: http.StatusOK,
			Comment: "graphql executes a document of the provider's GraphQL API. It needs a token in x-token. A refused mutation gets status 200 " +
				"with `error` set and `data` null, a malformed document status 400 with `errors`.",
			Request: reflect.TypeFor[graphqlRequest](), Response: reflect.TypeFor[graphqlResponse](), Problem: reflect.TypeFor[graphqlResponse](),
		}}}},
	}
	for _, g := range groups() {
		described := openapi.Group{Tag: g.tag}
		for _, o := range g.operations {
			d := openapi.Operation{
				Method: o.method, Path: apiPath + o.path, Func: o.action.name(), Status: o.success(), Errors: o.errors,
				Request: o.action.request, Optional: o.action.optional, Response: o.action.response, ContentType: o.action.contentType, Also: o.action.also,
			}
			for _, p := range o.parameters {
				d.Parameters = append(d.Parameters, p.describe())
			}
			described.Operations = append(described.Operations, d)
		}
		api.Groups = append(api.Groups, described)
	}
	return api
}
