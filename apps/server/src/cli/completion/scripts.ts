/**
 * What shells are given. They know nothing of the commands: each asks `castellan __complete` with the words so far,
 * the last one as far as it is typed, so that a new release completes its own commands.
 */

const bash = `# castellan: source <(castellan completion bash)
_castellan() {
  local current="\${COMP_WORDS[COMP_CWORD]}" lines line
  lines=$(castellan __complete -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
  COMPREPLY=()
  if [ "$lines" = ":files" ]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r line; do COMPREPLY+=("$line"); done < <(compgen -f -- "$current")
    return
  fi
  while IFS= read -r line; do
    if [ -n "$line" ]; then COMPREPLY+=("\${line%%$'\\t'*}"); fi
  done <<<"$lines"
}
complete -F _castellan castellan`;

const zsh = `#compdef castellan
# castellan: source <(castellan completion zsh), or put it into a folder of $fpath as _castellan
_castellan() {
  local -a lines found
  local line
  lines=("\${(@f)$(castellan __complete -- "\${(@)words[2,CURRENT]}" 2>/dev/null)}")
  if [[ "$lines[1]" == ":files" ]]; then
    _files
    return
  fi
  for line in "\${lines[@]}"; do
    [[ -z "$line" ]] && continue
    if [[ "$line" == *$'\\t'* ]]; then
      found+=("\${\${line%%$'\\t'*}//:/\\\\:}:\${line#*$'\\t'}")
    else
      found+=("\${line//:/\\\\:}")
    fi
  done
  _describe castellan found
}
if [[ "$funcstack[1]" == "_castellan" ]]; then
  _castellan "$@"
else
  compdef _castellan castellan
fi`;

const fish = `# castellan: castellan completion fish | source
function __castellan_complete
  set -l before (commandline -opc)
  set -e before[1]
  set -l typed (commandline -ct)
  set -l lines (castellan __complete -- $before "$typed" 2>/dev/null)
  if test "$lines[1]" = ":files"
    __fish_complete_path "$typed"
  else if test (count $lines) -gt 0
    printf '%s\\n' $lines
  end
end
complete -c castellan -f -a '(__castellan_complete)'`;

export const completionScripts = { bash, zsh, fish } as const;
