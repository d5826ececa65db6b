# Short names for what is done often.

run *ARGS:
    cargo run --release -- {{ARGS}}

test:
    cargo test --workspace

# Writes down what comes of the stories; the diff is the review.
bless:
    BLESS=1 cargo test --workspace --test system every_story

# The five functions as they are deployed, and what they weigh.
build:
    cargo build --profile lambda -p intake -p classify -p dunning -p approval -p report
    ls -l target/lambda/{intake,classify,dunning,approval,report}
