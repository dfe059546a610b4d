package fault

import "slices"

// wrongSecret signs with a secret that the subscription does not have: another environment's, or a forger's guess.
type wrongSecret struct {
	harmless
	secret string
}

func (f wrongSecret) beforeSigning(d *Draft) {
	wrong := f.secret
	for slices.Contains(d.Secrets, wrong) { // wrong by any means, also where somebody uses our default
		wrong += "x"
	}
	d.Secrets = []string{wrong}
}
