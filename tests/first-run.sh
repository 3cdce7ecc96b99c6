#!/usr/bin/env bash
# Runs README's first command as a new user does: `cargo run` until it prints the address of the demo bank, opens that page,
# and stops it with Ctrl-C. Expects `curl`.
set -euo pipefail
cd "$(dirname "$0")/.."

# A process group for the command, as a terminal gives it: Ctrl-C is sent to all of it.
set -m
output=$(mktemp)
cargo run --locked >"$output" 2>&1 &
run=$!
finish() {
  kill -INT -- "-$run" 2>/dev/null || true
  wait "$run" 2>/dev/null || true
  rm -f "$output"
}
trap finish EXIT

fail() {
  echo "cargo run: $*" >&2
  tail -n 40 "$output" >&2
  exit 1
}

deadline=$((SECONDS + 1800))
until grep -q '^innsyn is running' "$output"; do
  kill -0 "$run" 2>/dev/null || fail "ended before it printed an address"
  [ "$SECONDS" -lt "$deadline" ] || fail "printed no address within half an hour"
  sleep 1
done
until bank=$(sed -n 's/^ *Open the demo bank: *//p' "$output") && [ -n "$bank" ]; do sleep 1; done
curl --silent --show-error --fail --output /dev/null "$bank" || fail "$bank does not answer"
echo "cargo run: the demo bank answers after ${SECONDS} s"

kill -INT -- "-$run"
wait "$run" || fail "Ctrl-C ends it with status $?"
trap - EXIT
rm -f "$output"
