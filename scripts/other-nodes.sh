# Runs tests of the built programs under another Node than the one on PATH: sourced by test and test-nodes, after set-up.sh.
# Vitest itself runs under it, so that the daemons, clients, agents and fixtures which the tests start do as well.

# What every Node must do: starting and stopping, adoption, succession, the protocol, terminals, the client and MCP.
node_basics=(
  test/e2e/{adoption,lifecycle,protocol,single-instance,status,succession,tmux}.test.ts
  test/cli/program.test.ts
  test/mcp
)
# The part of it that fits into every run.
node_essentials=(test/e2e/{lifecycle,succession}.test.ts test/cli/program.test.ts test/mcp/stdio.test.ts)

other_nodes=${XDG_CACHE_HOME:-$HOME/.cache}/hearth-test-nodes
node_package=node-$(node -p 'process.platform + "-" + process.arch')

# Every version that the registry has, or without a network those that were fetched before.
known_nodes() {
  local complaints
  complaints=$(mktemp)
  if ! npm view "$node_package" versions --json 2>"$complaints"; then
    cat "$complaints" >&2
    echo "the registry does not say which versions of $node_package there are: going by those in $other_nodes" >&2
    find "$other_nodes" -mindepth 1 -maxdepth 1 -name '[0-9]*' -exec basename {} \; 2>/dev/null |
      node -p 'JSON.stringify(require("fs").readFileSync(0, "utf8").split("\n").filter(Boolean))'
  fi
  rm -f "$complaints"
}

# node_version WANTED, with the known versions on stdin: the newest release that is meant by "24", "20.19", "20.19.0" or "newest".
node_version() {
  node -e '
    const wanted = process.argv[1];
    const isMeant = (version) => wanted === "newest" || version === wanted || version.startsWith(`${wanted}.`);
    const versions = [JSON.parse(require("node:fs").readFileSync(0, "utf8"))].flat();
    const meant = versions.filter((version) => /^\d+\.\d+\.\d+$/.test(version) && isMeant(version));
    const order = new Intl.Collator("en", { numeric: true });
    console.log(meant.sort(order.compare).at(-1) ?? "");' "$1"
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
  version=$(known_nodes | node_version "$1")
  [[ -n $version ]] || die "there is no Node $1 in the package $node_package of the npm registry"
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
