#!/usr/bin/env bash
# The app under Spin itself: the conformance cases, README's journey against the sandbox alone, and every journey of the tests.
# SPIN names the binary; the arguments, if any, are names of journeys. Nothing else of the project needs Spin.
set -euo pipefail
cd "$(dirname "$0")/.."

if [ -z "${SPIN:-}" ]; then
  echo "SKIPPED: SPIN names no Spin binary, so nothing was run under Spin." >&2
  exit 0
fi
SPIN=$(realpath "$SPIN")
export SPIN CARGO_TERM_COLOR=never
step() { printf '\n== %s (%ss)\n' "$*" "$SECONDS"; }

step "Spin"
"$SPIN" --version
# Journeys that move the app's clock need it (Debian: libfaketime); README's does not.
ls "${LIBFAKETIME:-/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1}"

step "the components, and innsyn"
cargo build --locked --quiet
cargo build --locked --quiet --release --target wasm32-wasip2 --package innsyn-token --package innsyn-consent --package innsyn-reads --package innsyn-signature

step "README's journey, with what the sandbox prints"
tests/spin/readme

step "the conformance cases"
cargo test --locked --quiet --test conformance

step "the journeys"
# An app of each journey is two processes; more than a few at once only wait for each other.
cargo test --locked --test journeys -- --test-threads "${JOURNEYS_AT_ONCE:-2}" "$@"

step "done"
