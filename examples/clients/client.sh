#!/usr/bin/env bash
# A client of hearthd in shell: socat carries the lines, jq reads them.
#   client.sh          lists the agents and follows what happens, until Ctrl-C
#   client.sh AGENT    asks for a cycle of that agent and follows its events until it is done
set -euo pipefail

die() {
  echo "$*" >&2
  exit 1
}

# The directory of the daemon's files.
home() {
  local directory=$PWD
  if [[ -n ${HEARTH_HOME:-} ]]; then echo "$HEARTH_HOME" && return; fi
  while [[ ! -e $directory/hearth.toml && $directory != / ]]; do directory=$(dirname "$directory"); done
  if [[ -e $directory/hearth.toml ]]; then echo "${directory%/}/.hearth"; else echo ~/.hearth; fi
}

# find_daemon: sets `socket` and `token`.
find_daemon() {
  socket=${HEARTH_SOCKET:-} token=${HEARTH_TOKEN:-}
  if [[ -n $socket && -n $token ]]; then return; fi # the session of an agent
  local descriptor
  descriptor=$(home)/daemon.json
  [[ -e $descriptor ]] || die "daemon offline: run 'hearth daemon start'"
  # A file that somebody else planted would send the token to them.
  [[ $(find "$descriptor" -user "$(id -u)" ! -perm /022) ]] || die "$descriptor is not safely yours"
  [[ $(jq '.version > 1' "$descriptor") == false ]] || die "the daemon is newer than this client"
  # Whoever has a token of its own never takes the operator's.
  socket=${socket:-$(jq -r .socketPath "$descriptor")} token=${token:-$(jq -r .token "$descriptor")}
}

# The questions, all at once: each has its method for an id, since answers come in any order.
questions() {
  # A command line shows in `ps`, so the token goes to jq in the environment.
  TOKEN=$token jq -nc --arg agent "${1:-*}" '
    def ask(method; params): {jsonrpc: "2.0", id: method, method: method, params: params};
    ask("system.attach"; {token: env.TOKEN, client: {name: "client.sh", version: "1"}}),
    ask("agent.list"; {}),
    ask("events.subscribe"; {agents: [$agent]}),
    if $agent == "*" then empty
    else ask("lifecycle.request"; {agent: $agent, action: "cycle", reason: "client.sh"}) end'
}

# Prints what comes of them, until the cycle that was asked for is done.
answers() {
  jq -rn --unbuffered '
    def fail: . + "\n" | halt_error(1);
    def text:
      if .error then .error | "\(.data.kind): \(.message)" | fail
      elif .id == "system.attach" then "attached as \(.result.agent // .result.role)"
      elif .id == "agent.list" then .result.agents[] | "\(.agent) \(.state)"
      elif .method == "event" then .params | "\(.type) \(.agent)"
      else empty end;
    foreach inputs as $message (null;
      if $message.id == "lifecycle.request" then $message.result.request.id else . end;
      . as $request | $message | text,
      (.params | select(.type == "lifecycle.done" and .data.id == $request) | halt)),
    ("the daemon closed the connection" | fail)'
}

find_daemon
# The daemon goes on answering when nothing more is asked, so socat is told to wait as well.
exec 3< <(exec socat -t 1000000000 - "UNIX-CONNECT:$socket" < <(questions "$@"))
trap "kill $! 2>/dev/null || :" EXIT
answers <&3
