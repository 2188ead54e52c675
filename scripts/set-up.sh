# Makes a fresh clone ready to run: sourced by demo, test and bench, which are in the project's root by then.

die() {
  printf '%s: %s\n' "$(basename "$0")" "$*" >&2
  exit 1
}

require_node() {
  command -v node >/dev/null || die "Node 20.19 or newer is needed: https://nodejs.org/en/download"
  command -v npm >/dev/null || die "npm is needed, it comes with Node: https://nodejs.org/en/download"
  node -e 'const [major, minor] = process.versions.node.split("."); process.exit(major > 20 || (major == 20 && minor >= 19) ? 0 : 1)' ||
    die "Node 20.19 or newer is needed, this is $(node --version)"
}

# require_program PROGRAM PACKAGE: installs a Debian package when the program is missing, or says why that is impossible.
require_program() {
  local program=$1 package=$2 as_root=()
  if command -v "$program" >/dev/null; then return; fi
  command -v apt-get >/dev/null || die "$program is needed, and there is no apt-get to install it: please install $package"
  if ((EUID != 0)); then
    sudo -n true 2>/dev/null || die "$program is needed, and installing it takes root: sudo apt-get install $package"
    as_root=(sudo -n)
  fi
  echo "installing $package, which is missing on this machine"
  ${as_root[@]+"${as_root[@]}"} apt-get update -qq
  ${as_root[@]+"${as_root[@]}"} apt-get install -y -qq --no-install-recommends "$package" >/dev/null
  command -v "$program" >/dev/null || die "$program is needed, and the package $package did not bring it"
}

# npm writes this file last, so an installation that was interrupted is done again.
install_packages() {
  local installed=node_modules/.package-lock.json
  if [[ ! -e $installed || package-lock.json -nt $installed ]]; then
    npm ci --include=dev --no-fund --no-audit
  fi
}

# Builds, unless what is built is of these sources and this Node: a test runs the demo while others read dist/.
build() {
  local built=node_modules/.hearth-built sources=(src protocol scripts package.json package-lock.json tsconfig*.json)
  if [[ -e dist/hearthd.cjs && -e $built && $(<"$built") == "$(node --version)" ]] &&
    [[ -z $(find "${sources[@]}" -newer "$built" -print -quit) ]]; then return; fi
  # As old as the sources that are read from here on.
  node --version >"$built.begun"
  npm run --silent build
  mv "$built.begun" "$built"
}

set_up() {
  require_node
  install_packages
  build
}
