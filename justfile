# Short names for what is done often.

run *ARGS:
    cargo run --release -- {{ARGS}}

test:
    cargo test --workspace

# What prints pages, beside the service: some minutes, once.
press:
    cargo build --release -p press

# Writes down what comes of the stories; the diff is the review.
bless:
    BLESS=1 cargo test --workspace --test system every_story

# Plants one bug after the other: all must die. An hour or two.
planted *NAMES:
    tests/planted/run {{NAMES}}

# The five binaries for this machine, built small, and what they weigh.
build:
    cargo build --profile small -p intake -p classify -p dunning -p approval -p report
    cd target/small && ls -l intake classify dunning approval report

# After `sam build`, which knows no profile but `release`: the five binaries built small, in the places of the eight functions.
small:
    cargo lambda build --profile small --arm64 -p intake -p classify -p dunning -p approval -p report
    cp target/lambda/intake/bootstrap .aws-sam/build/IntakeFunction/bootstrap
    cp target/lambda/intake/bootstrap .aws-sam/build/RequestFunction/bootstrap
    cp target/lambda/classify/bootstrap .aws-sam/build/ClassifyFunction/bootstrap
    cp target/lambda/dunning/bootstrap .aws-sam/build/DunningFunction/bootstrap
    cp target/lambda/dunning/bootstrap .aws-sam/build/DunningDoorFunction/bootstrap
    cp target/lambda/approval/bootstrap .aws-sam/build/ApprovalDoorFunction/bootstrap
    cp target/lambda/approval/bootstrap .aws-sam/build/ApprovalWorkFunction/bootstrap
    cp target/lambda/report/bootstrap .aws-sam/build/ReportFunction/bootstrap
