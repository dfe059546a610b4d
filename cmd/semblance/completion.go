package main

import (
	"strings"

	"github.com/spf13/cobra"

	"semblance/schemas"
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
