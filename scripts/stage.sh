# What a demo stands on: a directory of its own, words to show and check things with, and an end that leaves nothing.
# Sourced by demo, after set-up.sh.

root=$PWD
seen_pids=()

# set_stage EXAMPLE...: copies examples into a directory where the package is installed as npm would do it: programs there
# can import "hearthd/client", and `hearth` is in PATH.
set_stage() {
  local example
  # Run from inside an agent, the demo must not reach that agent's daemon; extra certificates only slow Node's start.
  unset "${!HEARTH_@}" NODE_EXTRA_CA_CERTS
  place=$(cd "$(mktemp -d)" && pwd -P)
  trap clean_up EXIT
  trap 'exit 129' HUP
  trap 'exit 130' INT
  trap 'exit 143' TERM
  mkdir -p "$place/node_modules/.bin"
  ln -s "$root" "$place/node_modules/hearthd"
  ln -s ../hearthd/dist/hearth.cjs "$place/node_modules/.bin/hearth"
  export PATH=$place/node_modules/.bin:$PATH
  for example in "$@"; do cp -R "$root/examples/$example" "$place/$example"; done
}

# What is still running of this demo: on Linux whatever carries one of its homes, and the tmux server, which carries
# nothing but its configuration's path; elsewhere the processes that were seen.
leftovers() {
  if [[ -e /proc/self/environ ]]; then
    {
      grep -lsF "HEARTH_HOME=$place/" /proc/[0-9]*/environ || true
      # The brackets keep grep from finding itself.
      grep -ls "$place/.*/[r]un/tmux.conf" /proc/[0-9]*/cmdline || true
    } | cut -d/ -f3
  else
    for pid in ${seen_pids[@]+"${seen_pids[@]}"}; do if kill -0 "$pid" 2>/dev/null; then echo "$pid"; fi; done
  fi
}

# Runs however the demo ends. Interrupted while a daemon was starting, nobody can ask that one to stop: hence the kill.
clean_up() {
  local code=$? home
  trap - EXIT
  trap '' INT TERM HUP
  cd "$root"
  for home in "$place"/*/.hearth; do
    if [[ -d $home ]]; then hearth daemon stop --home "$home" >/dev/null 2>&1 || true; fi
  done
  while [[ -n $(leftovers) ]]; do kill -KILL $(leftovers) 2>/dev/null || true; done
  rm -rf "$place"
  if ((code != 0)); then echo "demo: ended early with code $code; its processes and files are gone" >&2; fi
  exit "$code"
}

# enter EXAMPLE: goes to where it was copied.
enter() {
  home=$place/$1/.hearth
  cd "$place/$1"
  printf '\nEverything happens in %s\n' "$home"
}

# The daemon is stopped, and nothing of it is left but what it keeps for the next one.
expect_stopped() {
  local file
  expect "processes left" "$(leftovers | wc -l | tr -d ' ')" 0
  for file in daemon.json daemon.sock tmux.sock; do
    [[ ! -e $home/$file ]] || die "$home/$file was left"
  done
}

step() {
  printf '\n== %s\n' "$*"
}

# run COMMAND ARGUMENT...: shows a command as one would type it, and runs it.
run() {
  local word line=
  for word in "$@"; do
    if [[ $word == *' '* ]]; then word="'$word'"; fi
    line+=" $word"
  done
  printf '$%s\n' "$line"
  "$@"
}

expect() {
  local what=$1 actual=$2 wanted=$3
  [[ $actual == "$wanted" ]] || die "$what: expected $wanted, found $actual"
  echo "   $what: $actual"
}

wait_until() {
  local what=$1 deadline=$((SECONDS + 60))
  shift
  until "$@"; do
    ((SECONDS < deadline)) || die "waited 60 seconds in vain until $what"
    sleep 0.1
  done
}

# picked PATH: one value of the JSON on standard input, as in agents.0.pid. bash 5.2 stumbles over an interrupt while it
# expands a command with two substitutions, so there is never more than one in a command.
picked() {
  node -pe 'process.argv[1].split(".").reduce((value, key) => value?.[key], JSON.parse(fs.readFileSync(0, "utf8")))' "$1"
}

# field AGENT PATH: one field of one agent's status.
field() {
  hearth status "$1" --json | picked "agents.0.$2"
}

# remember AGENT...: these and the daemon are looked for at the end, where nothing else tells what is left.
remember() {
  local agent
  for agent in "$@"; do seen_pids+=("$(field "$agent" pid)"); done
  seen_pids+=("$(hearth daemon status --json | picked pid)")
}
