package check

import (
	"bytes"
	"slices"
	"strings"

	"semblance/scenarios"
	"semblance/simulator"
)

// masked stands for a secret of the user in a result.
const masked = "[secret]"

// mask removes the secrets of the user from the responses of a result: a receiver may tell them, reports do not.
func (o *Options) mask(c *scenarios.CheckResult) {
	var secrets []string
	for _, s := range append([]simulator.Secret{o.Player.Secret}, o.Player.OtherSecrets...) {
		if secret := s.Reveal(); secret != "" && s != simulator.DefaultSecret {
			secrets = append(secrets, secret, strings.TrimPrefix(secret, "whsec_"))
		}
	}
	if len(secrets) == 0 {
		return
	}
	text := func(s string) string {
		for _, secret := range secrets {
			s = strings.ReplaceAll(s, secret, masked)
		}
		return s
	}
	exchange := func(x *scenarios.Exchange) {
		response := &x.Attempt.Response
		for _, secret := range secrets {
			response.Body = bytes.ReplaceAll(response.Body, []byte(secret), []byte(masked))
		}
		response.Headers = slices.Clone(response.Headers)
		for i := range response.Headers {
			response.Headers[i].Value = text(response.Headers[i].Value)
		}
	}
	for i := range c.Findings {
		f := &c.Findings[i]
		f.Got = text(f.Got)
		for k := range f.Exchanges {
			f.Exchanges[k].Got = text(f.Exchanges[k].Got)
			exchange(&f.Exchanges[k].Exchange)
		}
	}
	for i := range c.Trial.Steps {
		for k := range c.Trial.Steps[i].Exchanges {
			exchange(&c.Trial.Steps[i].Exchanges[k])
		}
	}
}
