package build

import (
	"runtime/debug"
	"strings"
	"testing"
)

func TestLine(t *testing.T) {
	t.Parallel()
	commit := []debug.BuildSetting{
		{Key: "vcs.revision", Value: "8f3c2a1b4d5e6f708192a3b4c5d6e7f8091a2b3c"}, {Key: "vcs.time", Value: "2026-11-30T23:30:00-02:00"}, {Key: "vcs.modified", Value: "true"},
	}
	for _, test := range []struct {
		info *debug.BuildInfo
		ok   bool
		want string
	}{
		{nil, false, "semblance (devel) go"},
		{&debug.BuildInfo{}, true, "semblance (devel) go"},
		{&debug.BuildInfo{Main: debug.Module{Version: "v1.2.0"}}, true, "semblance v1.2.0 go"},
		{&debug.BuildInfo{Main: debug.Module{Version: "(devel)"}, Settings: commit}, true, "semblance (devel) (8f3c2a1b4d5e, 2026-12-01, modified) go"},
		{&debug.BuildInfo{Main: debug.Module{Version: "v1.2.0"}, Settings: commit[:2]}, true, "semblance v1.2.0 (8f3c2a1b4d5e, 2026-12-01) go"},
	} {
		if got := line(test.info, test.ok); !strings.HasPrefix(got, test.want) {
			t.Errorf("got %q, want %q", got, test.want)
		}
	}
}
