// The scripts that teach a shell to ask `hearth` itself what to offer, so that they never go stale.
// yargs can write such scripts, too, but not for fish, and each press of Tab would load all of yargs.
import { QUESTION } from "./question.js";

export const SHELLS = ["bash", "zsh", "fish"] as const;

export type Shell = (typeof SHELLS)[number];

// The question is the command line up to the cursor. The answer is a line for each candidate, VALUE<tab>DESCRIPTION, or a line such as ":files" for what the shell knows best.

const BASH = `# Completion of hearth for bash 4 or later. In ~/.bashrc:
#
#   eval "$(hearth completion bash)"
#
# or once, where bash-completion is installed:
#
#   mkdir -p ~/.local/share/bash-completion/completions
#   hearth completion bash > ~/.local/share/bash-completion/completions/hearth

_hearth() {
  local program=\${COMP_WORDS[0]/#\\~/$HOME} current=\${COMP_WORDS[COMP_CWORD]} value about
  COMPREPLY=()
  while IFS=$'\\t' read -r value about; do
    case $value in
      :files) compopt -o default ;;
      :directories) compopt -o dirnames ;;
      :commands) COMPREPLY=($(compgen -c -- "$current")) ;;
      *)
        # To readline a new word begins behind the "=" of --flag=value.
        [[ $COMP_WORDBREAKS == *=* ]] && value=\${value#--*=}
        # Inside of quotes a star needs none of its own.
        [[ $current == [\\'\\"]* ]] || value=\${value//\\*/\\\\*}
        COMPREPLY+=("$value")
        ;;
    esac
  done < <("$program" ${QUESTION} bash "\${COMP_LINE:0:COMP_POINT}" 2>/dev/null)
}

complete -F _hearth hearth
`;

const ZSH = `#compdef hearth
# Completion of hearth for zsh. In ~/.zshrc, behind compinit:
#
#   eval "$(hearth completion zsh)"
#
# or once, into a directory of $fpath:
#
#   hearth completion zsh > ~/.zsh/completions/_hearth

_hearth() {
  local program=\${~words[1]} word value about
  local -a assigned candidates
  # HEARTH_HOME=... in front of the command is no part of $words.
  for word in "\${(@z)LBUFFER}"; do
    case $word in
      ';' | '|' | '||' | '&&' | '&') assigned=() ;;
      HEARTH_*=*) assigned+=("$word") ;;
    esac
  done
  local line="$assigned \${words[1,CURRENT-1]} $QIPREFIX$IPREFIX$PREFIX"
  while IFS=$'\\t' read -r value about; do
    case $value in
      :files) compset -P '--*='; _files; return ;;
      :directories) compset -P '--*='; _files -/; return ;;
      :commands) _command_names -e; return ;;
      *) candidates+=("\${value//:/\\\\:}\${about:+:$about}") ;;
    esac
  done < <("$program" ${QUESTION} zsh "$line" 2>/dev/null)
  _describe -V hearth candidates
}

# Read by compinit it is called at once; in ~/.zshrc it only makes itself known.
if [[ $funcstack[1] == _hearth ]]; then _hearth "$@"; else compdef _hearth hearth; fi
`;

const FISH = `# Completion of hearth for fish. In ~/.config/fish/config.fish:
#
#   hearth completion fish | source
#
# or once:
#
#   hearth completion fish > ~/.config/fish/completions/hearth.fish

function __hearth_complete
    set -l typed (commandline -ct)
    set -l flag (string match -r -- '^--[^=]*=' $typed)
    set -l value (string replace -r -- '^--[^=]*=' '' $typed)
    for line in (hearth ${QUESTION} fish (commandline -cp | string collect) 2>/dev/null)
        switch $line
            case :files
                string replace -r -- '^' "$flag" (complete -C "'' $value")
            case :directories
                string replace -r -- '^' "$flag" (__fish_complete_directories "$value" '')
            case :commands
                complete -C "$value"
            case '*'
                echo $line
        end
    end
end

complete -c hearth -f -k -a '(__hearth_complete)'
`;

/** What a shell reads. */
export const SCRIPTS: Readonly<Record<Shell, string>> = { bash: BASH, zsh: ZSH, fish: FISH };
