package flags

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"semblance/fixtures"
	"semblance/scenarios/library"
	"semblance/schemas"
	"semblance/schemas/naming"
	"semblance/schemas/validate"
	"semblance/simulator/fault"
)

// Complete gives a flag its words in shell completion.
func Complete(c *cobra.Command, flag string, words ...string) {
	CompleteFunc(c, flag, func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
		return words, cobra.ShellCompDirectiveNoFileComp
	})
}

// CompleteFunc gives a flag, which must exist, its completion.
func CompleteFunc(c *cobra.Command, flag string, f cobra.CompletionFunc) {
	if err := c.RegisterFlagCompletionFunc(flag, f); err != nil {
		panic(fmt.Sprintf("semblance: completion of %s: %v", c.Name(), err))
	}
}

// Patterns completes event types and groups.
func Patterns(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	if strings.HasPrefix(prefix, "group:") {
		words := naming.List(schemas.Groups(), func(g schemas.Group) string { return cobra.CompletionWithDesc("group:"+g.Key, g.Summary) })
		return words, cobra.ShellCompDirectiveNoFileComp
	}
	words := naming.List(schemas.All(), func(t *schemas.EventType) string { return cobra.CompletionWithDesc(t.Name, t.Summary) })
	return append(words, cobra.CompletionWithDesc("group:", "the types of a group")), cobra.ShellCompDirectiveNoFileComp
}

// Scenarios completes the scenarios of the library, and files.
func Scenarios(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	return library.Names(), cobra.ShellCompDirectiveDefault
}

// AddIdentifiers adds the flags that change the identifiers of an event. with is nil for a command without --with.
func AddIdentifiers(c *cobra.Command, set, with, omit *[]string) {
	flags := c.Flags()
	flags.StringArrayVar(set, "set", nil, "value of an identifier, `NAME=VALUE`; repeatable")
	if with != nil {
		flags.StringSliceVar(with, "with", nil, "include these optional `IDENTIFIERS`, or \"all\"")
		CompleteFunc(c, "with", identifiers(""))
	}
	flags.StringSliceVar(omit, "omit", nil, "omit these `IDENTIFIERS`, or \"all\" optional ones")
	CompleteFunc(c, "omit", identifiers(""))
	CompleteFunc(c, "set", identifiers("="))
}

// identifiers completes the identifiers of the event types that are given as arguments, or of all types, each with a
// suffix.
func identifiers(suffix string) cobra.CompletionFunc {
	return func(_ *cobra.Command, patterns []string, prefix string) ([]string, cobra.ShellCompDirective) {
		types, err := schemas.MatchAny(patterns)
		if err != nil || len(patterns) == 0 {
			types = schemas.All()
		}
		before := ""
		if i := strings.LastIndexByte(prefix, ','); i >= 0 && suffix == "" { // a list: complete its last word
			before = prefix[:i+1]
		}
		var words []string
		seen := map[string]bool{}
		for _, t := range types {
			for _, key := range t.Keys() {
				if !seen[key] {
					seen[key] = true
					words = append(words, cobra.CompletionWithDesc(before+key+suffix, t.Describe(key)))
				}
			}
		}
		if suffix != "" {
			return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
		return append(words, cobra.CompletionWithDesc(fixtures.All, "all optional identifiers")), cobra.ShellCompDirectiveNoFileComp
	}
}

// Faults completes the faults of an attempt, and after a comma the attributes of a fault.
func Faults(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return faults(fault.All(), prefix)
}

// PlannedFaults completes as Faults does, with the faults of deliveries.
func PlannedFaults(_ *cobra.Command, _ []string, prefix string) ([]string, cobra.ShellCompDirective) {
	return faults(slices.Concat(fault.All(), fault.Deliveries()), prefix)
}

func faults(all []fault.Info, prefix string) ([]string, cobra.ShellCompDirective) {
	var words []string
	for _, info := range all {
		if !strings.HasPrefix(prefix, info.Text()+",") {
			words = append(words, cobra.CompletionWithDesc(info.Text(), info.Summary))
			continue
		}
		before := prefix[:strings.LastIndexByte(prefix, ',')+1]
		for _, attribute := range info.Attributes {
			words = append(words, cobra.CompletionWithDesc(before+attribute.Name+"=", attribute.Summary))
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// responseSchema begins the names of the response schemas that come with Semblance.
const responseSchema = "semblance:response/"

// ResponseSchema returns the JSON Schema in a file, or one that comes with Semblance.
func ResponseSchema(name string) (*validate.Schema, error) {
	if builtIn, ok := strings.CutPrefix(name, responseSchema); ok {
		return validate.Response(builtIn)
	}
	return validate.File(name)
}

// ResponseSchemas completes the response schemas that come with Semblance, and files.
func ResponseSchemas(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	known, err := validate.Responses()
	if err != nil { // a test reads them all
		return nil, cobra.ShellCompDirectiveDefault
	}
	words := naming.List(known, func(s validate.Shipped) string { return cobra.CompletionWithDesc(responseSchema+s.Name, s.Title) })
	return words, cobra.ShellCompDirectiveDefault
}
