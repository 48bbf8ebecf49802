# An index of the commands. Each is plain cargo, so you do not need just.

# Try it in the browser: http://127.0.0.1:3000
dev:
    cargo run -- dev

# All tests; no network, no account
test:
    cargo test

# A thousand random histories of people, clicks and restarts; half an hour
histories:
    cargo test --test it histories:: -- --ignored

# Kill the program again and again while people use it, for example: just torture --rounds 2000 --seed 7
torture *arguments:
    .ci/torture {{arguments}}

# Quick checks before a commit
check:
    cargo fmt --check
    cargo clippy --all-targets -- -D warnings
    cargo test

# Format everything
fmt:
    cargo fmt

# Review changed snapshots before accepting them
snap:
    cargo insta review

# The shipped products, warnings included
catalog:
    cargo run -- catalog check --strict catalog

# Benchmarks against their limits, with a table at the end: `just bench`, `just bench --full`, `just bench --full B3`
bench *arguments:
    .ci/bench {{ arguments }}

# Everything that a change has to pass
ci:
    .ci/run
