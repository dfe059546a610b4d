package graphql

import (
	"errors"
	"net/http"
	"strings"

	graphql "github.com/graph-gophers/graphql-go"
	qerrors "github.com/graph-gophers/graphql-go/errors"

	"semblance/simulator/web/guard"
)

// The codes in the extensions of errors, as Apollo Server names them.
const (
	codeUnauthenticated  = "UNAUTHENTICATED"
	codeBadRequest       = "BAD_REQUEST"
	codeBadUserInput     = "BAD_USER_INPUT"
	codeParseFailed      = "GRAPHQL_PARSE_FAILED"
	codeValidationFailed = "GRAPHQL_VALIDATION_FAILED"
	codeInternal         = "INTERNAL_SERVER_ERROR"
)

// token returns the token of a request. The provider takes it from the x-token header alone.
func (h *Handler) token(r *http.Request) (string, error) {
	token := r.Header.Get("X-Token")
	detail := ""
	switch err := h.provider.Authorise(token, ""); {
	case err == nil:
		return token, nil
	case token == "" && r.Header.Get("Authorization") != "":
		detail = "Missing token. Send it in the x-token header, not in Authorization."
	case token == "":
		detail = "Missing token."
	case strings.HasPrefix(strings.ToLower(token), "bearer "):
		detail = "Invalid token. Send the token alone, without Bearer."
	default:
		detail = "Invalid token."
	}
	return "", &guard.Refusal{Status: http.StatusUnauthorized, Detail: detail}
}

// fail responds with an error in the form of GraphQL.
func (h *Handler) fail(w http.ResponseWriter, r *http.Request, err error) {
	refusal, ok := errors.AsType[*guard.Refusal](err)
	if !ok {
		h.log.Error("request failed", "method", r.Method, "path", r.URL.Path, "error", err)
		refusal = guard.Internal()
	}
	code := codeBadRequest
	switch refusal.Status {
	case http.StatusUnauthorized:
		code = codeUnauthenticated
		w.Header().Set("WWW-Authenticate", `X-Token realm="semblance"`)
	case http.StatusInternalServerError:
		code = codeInternal
	}
	e := qerrors.Errorf("%s", refusal.Detail)
	e.Extensions = map[string]any{"code": code}
	h.respond(w, r, refusal.Status, &graphql.Response{Errors: []*qerrors.QueryError{e}})
}

// notExecuted reports whether the document or its variables were refused before the first resolver ran. The library
// leaves out the data, or writes data without a field and errors without a path.
func notExecuted(response *graphql.Response) bool {
	data := string(response.Data)
	return data == "" || (data == "{}" || data == "null") && len(response.Errors) > 0 && len(response.Errors[0].Path) == 0
}

// setCodes adds a code to each error of a document that was not executed.
func setCodes(response *graphql.Response) {
	for _, e := range response.Errors {
		code := codeValidationFailed
		switch {
		case errors.Is(e, qerrors.ErrSyntax):
			code = codeParseFailed
		case e.Rule == "VariablesOfCorrectType", response.Data != nil && !errors.Is(e, graphql.ErrTooManySelections):
			code = codeBadUserInput
		}
		e.Extensions = map[string]any{"code": code}
	}
}
