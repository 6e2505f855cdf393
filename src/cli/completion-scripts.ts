// The scripts of `slipway completion`. Each asks `slipway __complete INDEX WORD…`, always the program that PATH leads to: a completion
// that ran whatever is being typed would run programs before anybody has pressed Enter. `@{` stands for the shells' `${`, which TypeScript
// would take for its own.

// Readline breaks words at `=` and `:`: they are put together again here, and what stands before the last such mark is taken off each answer.
const BASH = String.raw`# Completion of slipway for bash: eval "$(slipway completion bash)"
_slipway() {
  local rest=$COMP_LINE current= token i start n=0 index=0
  local -a words=()
  for ((i = 0; i < @{#COMP_WORDS[@]}; i++)); do
    token=@{COMP_WORDS[i]}
    if ((i == 0)) || [[ $rest == [[:space:]]* ]]; then
      rest=@{rest#"@{rest%%[![:space:]]*}"}
      words[n++]=
    fi
    if ((i == COMP_CWORD)); then
      start=$((@{#COMP_LINE} - @{#rest}))
      index=$((n - 1))
      ((COMP_POINT < start)) && words[n++]= # in front of a word, where a new one begins
      ((COMP_POINT > start)) && current=@{words[index]}@{COMP_LINE:start:COMP_POINT - start}
    fi
    words[n - 1]+=$token
    rest=@{rest#"$token"}
  done
  words[index]=$current

  local line kind= value breaks=@{COMP_WORDBREAKS//[!=:]/} before= space=1
  [[ -n $breaks ]] && before=@{current%"@{current##*[$breaks]}"}
  COMPREPLY=()
  while IFS= read -r line; do
    if [[ -z $kind ]]; then kind=$line; continue; fi
    value=@{line%%$'\t'*}
    [[ $value == *[=:/] ]] && space=
    printf -v value %q "@{value#"$before"}"
    COMPREPLY+=("$value")
  done < <(command slipway __complete "$((index - 1))" "@{words[@]:1}" 2>/dev/null)
  if [[ $kind == files ]]; then
    compopt -o default -o bashdefault
  elif [[ -z $space ]]; then
    compopt -o nospace
  fi
}
complete -F _slipway slipway
`

const ZSH = String.raw`#compdef slipway
# Completion of slipway for zsh: eval "$(slipway completion zsh)" behind compinit, or a file _slipway in a folder of fpath
_slipway() {
  local -a answer whole open whole_shown open_shown line
  local value brief
  line=("@{(@Q)words[2,-1]}")
  line[CURRENT-1]=@{(Q)PREFIX}
  answer=("@{(@f)$(command slipway __complete $((CURRENT - 2)) "@{line[@]}" 2>/dev/null)}")
  if [[ $answer[1] == files ]]; then
    [[ $PREFIX == --*=* ]] && compset -P '*='
    _files
    return
  fi
  for value in "@{(@)answer[2,-1]}"; do
    [[ -z $value ]] && continue
    brief=@{value#*$'\t'}
    value=@{value%%$'\t'*}
    [[ -n $brief ]] && brief="$value  -- $brief" || brief=$value
    if [[ $value == *[=:/] ]]; then open+=("$value") open_shown+=("$brief")
    else whole+=("$value") whole_shown+=("$brief"); fi
  done
  (($#open)) && compadd -l -S '' -d open_shown -a open
  (($#whole)) && compadd -l -d whole_shown -a whole
}
if [[ $funcstack[1] == _slipway ]]; then _slipway "$@"; else compdef _slipway slipway; fi
`

// Fish hides what stands behind the cursor from those whom it asks.
const FISH = String.raw`# Completion of slipway for fish: slipway completion fish > ~/.config/fish/completions/slipway.fish
function __slipway_complete
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (command slipway __complete (math (count $before) - 1) $before[2..-1] "$current" 2>/dev/null)
    if test "$answer[1]" = files
        set -l flag (string match -r -- '^--[^=]+=' "$current")
        set -l path (string replace -- "$flag" '' "$current")
        __fish_complete_path "$path" | string replace -r '^' -- "$flag"
        return
    end
    set -q answer[2]; and printf '%s\n' $answer[2..-1]
end
complete -c slipway -f -a '(__slipway_complete)'
`

export const SCRIPTS = { bash: forShell(BASH), zsh: forShell(ZSH), fish: FISH } as const

function forShell(script: string): string {
  return script.replaceAll('@{', '${')
}
