package capture

import "testing"

func TestShellQuoting(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ word, shell, command string }{
		{"play", `play`, `play`},
		{"http://127.0.0.1:3000/webhooks", `http://127.0.0.1:3000/webhooks`, `http://127.0.0.1:3000/webhooks`},
		{"", `''`, `''`},
		{"a scenario.yaml", `'a scenario.yaml'`, `'a scenario.yaml'`},
		{"it's", `'it'\''s'`, `'it'\''s'`},
		{"booking.*", `'booking.*'`, `'booking.*'`},
		{"$SEMBLANCE_SECRET", `'$SEMBLANCE_SECRET'`, `"$SEMBLANCE_SECRET"`}, // in a command it is the value of the variable
		{"$(rm)", `'$(rm)'`, `'$(rm)'`},
		{"$", `'$'`, `'$'`},
	} {
		if got := Shell(test.word); got != test.shell {
			t.Errorf("Shell(%q) = %s, want %s", test.word, got, test.shell)
		}
		if got, want := Command([]string{test.word}), "semblance "+test.command; got != want {
			t.Errorf("Command(%q) = %s, want %s", test.word, got, want)
		}
	}
}
