import type { shells } from "../commands.ts";

export type Shell = (typeof shells)[number];

/*
 * A shell asks axoner itself, with `axoner completion words -- WORDS…`, so that a script that was kept never knows less
 * than the version that is installed. The first line of an answer is `files`, `folders` or `none`: what the shell adds of
 * its own. Each other line is a word, a tab and what it means.
 */

// What bash has split at = and : is put together again, and what it would keep of the word is taken off the answers.
const bash = `# axoner: completion for bash. To have it in every shell: axoner completion bash >> ~/.bashrc
_axoner() {
  local IFS=$' \\t\\n' word glue= kind= value text at=-1 i
  local -a words
  for ((i = 1; i <= COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if ((at >= 0)) && [[ $glue || $word == [=:]* ]]; then words[at]+=$word; else words[++at]=$word; fi
    if [[ $word == *[=:] ]]; then glue=1; else glue=; fi
  done
  local current=\${words[at]} kept= short=
  [[ $current == *[=:]* ]] && kept=\${current%"\${current##*[=:]}"}
  COMPREPLY=()
  while IFS=$'\\t' read -r value text; do
    if [[ ! $kind ]]; then kind=$value; continue; fi
    COMPREPLY+=("\${value#"$kept"}")
    [[ $value == *[=/:] ]] && short=1
  done < <(axoner completion words -- "\${words[@]}" 2>/dev/null)
  [[ $short ]] && type compopt &>/dev/null && compopt -o nospace
  [[ $kind == files || $kind == folders ]] || return 0
  type compopt &>/dev/null && compopt -o filenames
  local how=-f; [[ $kind == folders ]] && how=-d
  while IFS= read -r value; do COMPREPLY+=("$value"); done < <(compgen "$how" -- "\${current#"$kept"}")
}
complete -F _axoner axoner
`;

const zsh = `#compdef axoner
# axoner: completion for zsh. To have it in every shell: axoner completion zsh > "\${fpath[1]}/_axoner", or >> ~/.zshrc
_axoner() {
  local line kind= value text
  local -a found short
  while IFS=$'\\t' read -r value text; do
    if [[ -z $kind ]]; then kind=$value; continue; fi
    value=\${value//:/\\\\:}
    if [[ $value == *[=/:] ]]; then short+=("$value:$text"); else found+=("$value:$text"); fi
  done < <(axoner completion words -- "\${(@Q)words[2,CURRENT]}" 2>/dev/null)
  (( $#found )) && _describe -V axoner found
  (( $#short )) && _describe -V axoner short -S ''
  case $kind in
    files) compset -P '--*='; _files ;;
    folders) compset -P '--*='; _files -/ ;;
  esac
}
if [[ $zsh_eval_context[-1] == loadautofunc ]]; then
  _axoner "$@"
else
  (( $+functions[compdef] )) || { autoload -Uz compinit && compinit }
  compdef _axoner axoner
fi
`;

const fish = `# axoner: completion for fish. To have it in every shell: axoner completion fish > ~/.config/fish/completions/axoner.fish
function __axoner_words
    set -l before (commandline -opc)
    set -l current (commandline -ct)
    set -l answer (axoner completion words -- $before[2..-1] "$current" 2>/dev/null)
    set -l value (string replace -r -- '^--[a-z-]+=' '' "$current")
    set -l kept (string replace -r -- '^(--[a-z-]+=).*$' '$1' "$current")
    test "$kept" = "$current"; and not string match -q -- '--*=' "$current"; and set kept ''
    switch "$answer[1]"
        case files
            __fish_complete_path "$value" | string replace -r -- '^' "$kept"
        case folders
            __fish_complete_directories "$value" folder | string replace -r -- '^' "$kept"
        case '*'
            test (count $answer) -gt 1; and printf '%s\\n' $answer[2..-1]
    end
end
complete -c axoner -e
complete -c axoner -f -a '(__axoner_words)'
`;

/** What a shell reads so that it completes `axoner`. */
export const completionScripts: Readonly<Record<Shell, string>> = { bash, zsh, fish };
