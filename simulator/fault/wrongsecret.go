package fault

import "slices"

// wrongSecret signs with a secret that the subscription does not have, such as that of another environment.
type wrongSecret struct {
	noFault
	secret string
}

func (f wrongSecret) beforeSigning(o *Outgoing) {
	secret := f.secret
	for slices.Contains(o.Secrets, secret) { // a subscription may use this default
		secret += "x"
	}
	o.Secrets = []string{secret}
}
