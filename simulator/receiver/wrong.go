package receiver

import "fmt"

// Wrong is a mistake that a receiver can be told to make.
type Wrong struct {
	Name    string // in kebab case
	Summary string // what it does, in a sentence without a full stop
	apply   func(*steps)
}

// Wrongs lists the mistakes, in the order of a delivery's way through the receiver.
func Wrongs() []Wrong { return nil }

// actWrong replaces the step that the mistake is in.
func (r *Receiver) actWrong(name string) error {
	for _, w := range Wrongs() {
		if w.Name == name {
			w.apply(&r.steps)
			return nil
		}
	}
	return fmt.Errorf("a receiver cannot act wrong as %q", name)
}
