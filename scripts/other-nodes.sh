# Runs tests of the built programs under another Node than the one on PATH: sourced by test and test-nodes, after set-up.sh.
# Vitest itself runs under it, so that the daemons, clients, agents and fixtures which the tests start do as well.

# What every Node must do: starting and stopping, adoption, succession, the protocol, terminals, the client and MCP.
node_basics=(
  test/e2e/{adoption,lifecycle,protocol,single-instance,start-up,status,succession,tmux}.test.ts
  test/cli/{program,init/find}.test.ts
  test/mcp
)
# What Nodes differ in, for every run: processes, sockets, streams, signals, the permission model of `hearth init`.
node_essentials=(test/e2e/succession.test.ts test/cli/{program,init/find}.test.ts test/mcp/stdio.test.ts)

other_nodes=${XDG_CACHE_HOME:-$HOME/.cache}/hearth-test-nodes
node_package=node-$(node -p 'process.platform + "-" + process.arch')

# node_version WANTED, with what npm says of the package on stdin: the newest release that is meant by "24", "20.19.0" or
# "newest"; of those in $other_nodes when the registry does not answer.
node_version() {
  node -e '
    const [wanted, directory] = process.argv.slice(1);
    const fs = require("node:fs");
    const answer = JSON.parse(fs.readFileSync(0, "utf8") || "null");
    const refusal = answer === null ? "npm says nothing" : answer.error && (answer.error.summary || answer.error.code);
    const known = refusal ? (fs.existsSync(directory) ? fs.readdirSync(directory) : []) : [answer].flat();
    const isMeant = (version) => (wanted === "newest" && !refusal) || `${version}.`.startsWith(`${wanted}.`);
    const meant = known.filter((version) => /^\d+\.\d+\.\d+$/.test(version) && isMeant(version));
    const version = meant.sort(new Intl.Collator("en", { numeric: true }).compare).at(-1);
    if (refusal) console.error(`the npm registry does not say which versions of Node there are: ${refusal}`);
    if (version === undefined) process.exit(1);
    if (refusal) console.error(`Node ${version} was fetched before`);
    console.log(version);' "$1" "$other_nodes"
}

# fetch_node VERSION: puts its program into $other_nodes/VERSION, whole or not at all.
fetch_node() {
  local version=$1 staging
  if [[ -x $other_nodes/$version/node ]]; then return; fi
  mkdir -p "$other_nodes"
  staging=$(mktemp -d "$other_nodes/.fetching-XXXXXX")
  if (cd "$staging" && npm pack --silent "$node_package@$version" >/dev/null && tar -xzf ./*.tgz --strip-components=2 package/bin/node); then
    rm "$staging"/*.tgz
    # Fails when somebody else was faster.
    node -e 'fs.renameSync(...process.argv.slice(1))' "$staging" "$other_nodes/$version" 2>/dev/null || rm -rf "$staging"
  else
    rm -rf "$staging"
    die "$node_package $version could not be fetched from the npm registry"
  fi
}

# obtain_node WANTED: fetches the version that is wanted when it is not here yet, and prints which one that is.
obtain_node() {
  local version
  # With --json npm says on stdout, too, what went wrong.
  version=$({ npm view "$node_package" versions --json 2>/dev/null || true; } | node_version "$1") ||
    die "no Node $1 can be had from the package $node_package of the npm registry"
  fetch_node "$version"
  echo "$version"
}

# test_under_node VERSION REPORT [VITEST ARGUMENT...]: runs tests under a version that was obtained.
test_under_node() {
  local version=$1 report=$2
  printf '\nunder Node %s:\n' "$version"
  PATH=$other_nodes/$version:$PATH node node_modules/vitest/vitest.mjs run \
    --reporter=default --reporter=json --outputFile.json="$report" "${@:3}"
}
