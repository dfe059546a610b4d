package journal_test

import (
	"testing"

	"go.uber.org/goleak"

	"semblance/simulator/journal"
	"semblance/simulator/journal/internal/journaltest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestMemory(t *testing.T) {
	journaltest.Run(t, func(t testing.TB, options journal.Options) journal.Journal { return journal.NewMemory(options) })
}

func BenchmarkMemory(b *testing.B) {
	journaltest.Bench(b, func(t testing.TB, options journal.Options) journal.Journal { return journal.NewMemory(options) })
}
