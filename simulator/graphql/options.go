package graphql

import (
	"context"

	"semblance/simulator/apifault"
	"semblance/simulator/journal"
	"semblance/simulator/provider"
)

// Records are the records of the clinic. A [journal.Journal] implements it.
type Records interface {
	ClinicRecord(ctx context.Context, id string) (*journal.ClinicRecord, error) // journal.ErrNotFound for an unknown id
	ClinicRecords(ctx context.Context, q journal.RecordQuery) (journal.RecordPage, error)
}

// Clinic performs the actions of mutations. A [provider.Provider] implements it. An error with a code is a refusal.
type Clinic interface {
	DoGiven(ctx context.Context, action string, about, values, related map[string]string) ([]provider.Emission, error)
}

// Options say how the API behaves where the provider's behaviour is not known. The zero value has the defaults.
type Options struct {
	Records Records // the clinic's records; nil for those in the journal of the provider

	Clinic Clinic // performs the actions of mutations; nil for the provider

	PageSize    int // the default size of a page; 0 means DefaultPageSize
	MaxPageSize int // a larger size counts as this one; 0 means DefaultMaxPageSize

	InvalidOK       bool // a document that is not executed gets the HTTP status 200; otherwise 400
	DeletedPatients bool // patient(id) returns a patient who was deleted or merged into another; otherwise null
	HideEpisodes    bool // episode(id) is an unknown field, as in the public API before it was released
	LabelIDs        LabelIDs

	Faults    *apifault.Set // are injected; nil for none
	RateLimit int           // requests per minute, beyond which the response says "too often"; 0 is no limit
	EdgeLimit int           // requests per minute, beyond which the edge answers 403; 0 is no limit
}

// ProviderRateLimit is the provider's limit, in requests per minute.
const ProviderRateLimit = 240

// Defaults of [Options].
const (
	DefaultPageSize    = 20
	DefaultMaxPageSize = 200
)

// LabelIDs say which id of a patient's or product's label the labelId of an event is.
type LabelIDs int

// The settings.
const (
	LabelIDsAreReferences LabelIDs = iota // referenceId
	LabelIDsAreRows                       // id
)

func (o Options) withDefaults() Options {
	if o.PageSize <= 0 {
		o.PageSize = DefaultPageSize
	}
	if o.MaxPageSize <= 0 {
		o.MaxPageSize = DefaultMaxPageSize
	}
	o.MaxPageSize = min(o.MaxPageSize, journal.MaxLimit)
	o.PageSize = min(o.PageSize, o.MaxPageSize)
	return o
}
