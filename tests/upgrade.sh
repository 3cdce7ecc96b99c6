#!/usr/bin/env bash
# Runs the tests of tests/machines with hosts of two releases on the same stores: the first is of what lies here, the others
# are of an older release, named as git knows it. Wants redis-server.
#
#   tests/upgrade.sh HEAD~20
set -euo pipefail
cd "$(dirname "$0")/.."

older=$(git rev-parse --verify --quiet "${1:-}^{commit}") || {
  echo "usage: tests/upgrade.sh TAG-OR-COMMIT" >&2
  exit 2
}
# A target folder of its own: cargo would take the one's crates for the other's.
folder=$PWD/target/older/$older
if ! [ -d "$folder" ]; then
  mkdir -p "$folder.part"
  git archive "$older" | tar -x -C "$folder.part"
  mv "$folder.part" "$folder"
fi
echo "building the components of $(git log -1 --format='%h, %cs: %s' "$older")"
# By the release's own command: packages have had other names.
build=$(sed -n 's/^command = "\(cargo build .*\)"$/\1/p' "$folder/spin.toml" | head -n 1)
(cd "$folder" && CARGO_TARGET_DIR=$folder/target bash -c "$build --locked")

INNSYN_NO_SKIP=1 INNSYN_OLDER=$folder cargo test --locked --test machines
