package flags

import (
	"bytes"

	"github.com/spf13/cobra"
)

// ownWords replaces the function of the generated script that needs the package bash-completion. Without the package, words
// end at spaces alone: bash itself splits them at = and : too, which event types and flags contain.
const ownWords = `
__semblance_init_completion()
{
    COMPREPLY=()
    if declare -F _get_comp_words_by_ref >/dev/null 2>&1; then
        _get_comp_words_by_ref "$@" cur prev words cword
        return
    fi
    local line="${COMP_LINE:0:COMP_POINT}"
    IFS=$' \t\n' read -r -a words <<< "${line}"
    if [[ "${line}" == *[[:space:]] ]]; then
        words+=("")
    fi
    cword=$((${#words[@]} - 1))
    cur="${words[cword]}"
    prev="${words[cword > 0 ? cword - 1 : 0]}"
}
`

// BashCompletion makes the command completion bash, which cobra has added, independent of the package bash-completion.
func BashCompletion(root *cobra.Command) {
	c, _, err := root.Find([]string{"completion", "bash"})
	if err != nil || c.Name() != "bash" {
		panic("semblance: cobra has no command completion bash")
	}
	c.Long = `Bash prints a script that completes commands, flags, event types, faults and ids in bash. It needs no other package.
Load it in this shell:

  source <(semblance completion bash)

or in every new shell: write it to a file and load that in ~/.bashrc.`
	c.RunE = func(c *cobra.Command, _ []string) error {
		noDescriptions, err := c.Flags().GetBool("no-descriptions")
		if err != nil {
			return err
		}
		var script bytes.Buffer
		if err := root.GenBashCompletionV2(&script, !noDescriptions); err != nil {
			return err
		}
		script.WriteString(ownWords)
		_, err = root.OutOrStdout().Write(script.Bytes())
		return err
	}
}
