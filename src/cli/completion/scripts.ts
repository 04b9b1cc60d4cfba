/**
 * Completion scripts for `jobstrata` and `npx jobstrata`. They call the command itself, which knows the folder's jobs,
 * environments, tasks and rules.
 */
export const SCRIPTS = {
  bash: `# jobstrata completion for bash
_jobstrata() {
  local program=(jobstrata) first=1
  if [[ \${COMP_WORDS[0]##*/} == npx ]]; then
    [[ $COMP_CWORD -gt 1 && \${COMP_WORDS[1]} == jobstrata ]] || return 0
    program=(npx --no-install jobstrata) first=2
  fi
  local IFS=$'\\n'
  COMPREPLY=($("\${program[@]}" completion words "\${COMP_WORDS[@]:first:COMP_CWORD-first+1}" 2> /dev/null))
  [[ \${#COMPREPLY[@]} -gt 0 ]] || compopt -o default
}
complete -F _jobstrata jobstrata npx
`,
  zsh: `#compdef jobstrata
# jobstrata completion for zsh
_jobstrata() {
  local -a program found
  local first=2
  program=(jobstrata)
  if [[ \${words[1]:t} == npx ]]; then
    [[ $CURRENT -gt 2 && \${words[2]} == jobstrata ]] || { _default; return }
    program=(npx --no-install jobstrata) first=3
  fi
  found=("\${(@f)$("\${program[@]}" completion words "\${(@)words[first,CURRENT]}" 2> /dev/null)}")
  found=(\${found:#})
  if (( $#found )); then compadd -a found; else _files; fi
}
compdef _jobstrata jobstrata npx
`,
  fish: `# jobstrata completion for fish
function __jobstrata_words
  set -l words (commandline -opc) (commandline -ct)
  if string match -qr '(^|/)npx$' -- $words[1]
    test (count $words) -gt 2; and test $words[2] = jobstrata; or return
    npx --no-install jobstrata completion words $words[3..-1] 2> /dev/null
  else
    jobstrata completion words $words[2..-1] 2> /dev/null
  end
end
complete -c jobstrata -a '(__jobstrata_words)'
complete -c npx -n '__fish_seen_subcommand_from jobstrata' -a '(__jobstrata_words)'
`,
} as const;

export type Shell = keyof typeof SCRIPTS;
