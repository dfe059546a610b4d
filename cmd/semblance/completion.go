package main

import (
	"strings"

	"github.com/spf13/cobra"

	"semblance/fixtures"
	"semblance/schemas"
	"semblance/schemas/validate"
	"semblance/simulator/fault"
)

// completePatterns completes event types and groups.
func completePatterns(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var words []string
	if strings.HasPrefix(begun, "group:") {
		for _, g := range schemas.Groups() {
			words = append(words, cobra.CompletionWithDesc("group:"+g.Key, g.Summary))
		}
		return words, cobra.ShellCompDirectiveNoFileComp
	}
	for _, t := range schemas.All() {
		words = append(words, cobra.CompletionWithDesc(t.Name, t.Summary))
	}
	return append(words, cobra.CompletionWithDesc("group:", "the types of a group")), cobra.ShellCompDirectiveNoFileComp
}

// completeIdentifiers completes the identifiers that the named event types carry, each with a suffix.
func completeIdentifiers(suffix string) cobra.CompletionFunc {
	return func(_ *cobra.Command, patterns []string, begun string) ([]string, cobra.ShellCompDirective) {
		types, err := selectTypes(patterns, false)
		if err != nil {
			types = schemas.All()
		}
		before := ""
		if i := strings.LastIndexByte(begun, ','); i >= 0 && suffix == "" { // a list: complete its last word
			before = begun[:i+1]
		}
		var words []string
		seen := map[string]bool{}
		for _, t := range types {
			for _, key := range t.Keys() {
				if !seen[key] {
					seen[key] = true
					words = append(words, cobra.CompletionWithDesc(before+key+suffix, holds(t, key)))
				}
			}
		}
		if suffix != "" {
			return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
		}
		return append(words, cobra.CompletionWithDesc(fixtures.All, "all the optional ones")), cobra.ShellCompDirectiveNoFileComp
	}
}

// completeFault completes the faults, and after a comma the attributes of the one that is written.
func completeFault(_ *cobra.Command, _ []string, begun string) ([]string, cobra.ShellCompDirective) {
	var words []string
	for _, info := range fault.All() {
		if !strings.HasPrefix(begun, info.Text()+",") {
			words = append(words, cobra.CompletionWithDesc(info.Text(), info.Summary))
			continue
		}
		before := begun[:strings.LastIndexByte(begun, ',')+1]
		for _, attribute := range info.Attributes {
			words = append(words, cobra.CompletionWithDesc(before+attribute.Name+"=", attribute.Summary))
		}
		return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveNoSpace
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// completeSchemas completes the schemas for answers that come with Semblance, and files.
func completeSchemas(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
	shipped, err := validate.Responses()
	if err != nil { // they are right by test
		return nil, cobra.ShellCompDirectiveDefault
	}
	words := make([]string, len(shipped))
	for i, s := range shipped {
		words[i] = cobra.CompletionWithDesc(responseSchema+s.Name, s.Title)
	}
	return words, cobra.ShellCompDirectiveDefault
}
