package graphql

import (
	"context"
	"fmt"
	"strings"

	"semblance/simulator/apifault"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// faultKey begins the keys of the settings in the journal that hold faults of the API. The ID follows.
const faultKey = "api-fault/"

// Faults returns the faults of a provider's API: those given at each start, and those that were set in an earlier run. The
// journal keeps the faults that are added.
func Faults(ctx context.Context, p *provider.Provider, seed int64, given []apifault.Plan) (*apifault.Set, error) {
	var saved []apifault.Active
	for r, err := range p.Journal().Current(ctx, journal.KindSetting) {
		setting, _ := r.(*journal.Setting)
		if err != nil {
			return nil, fmt.Errorf("reading the faults of the API: %w", err)
		}
		id, ours := strings.CutPrefix(setting.Key, faultKey)
		if !ours {
			continue
		}
		plan, err := apifault.Parse(string(setting.Value))
		if err != nil {
			return nil, fmt.Errorf("reading the fault %s of the API: %w", id, err)
		}
		saved = append(saved, apifault.Active{ID: id, Plan: plan})
	}
	return apifault.Restore(seed, given, saved, func(changed []apifault.Active) error {
		records := make([]journal.Record, len(changed))
		for i, a := range changed {
			records[i] = &journal.Setting{At: p.Now(), Key: faultKey + a.ID, Value: []byte(a.Plan.String()), Removed: a.Ended}
		}
		return p.Journal().Append(context.WithoutCancel(ctx), records...)
	}), nil
}
