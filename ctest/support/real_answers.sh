#!/bin/sh
# The gate on answers of the embedded service: unchanged ones over many sessions, each with its restarts and a load, and
# ones in which a tenth of the answers have one token flipped. Not a test: it takes minutes. What it counts are cases,
# each judged as a run of its own.
#
#   ctest/support/real_answers.sh build/release/bin WORK [SESSIONS=10] [FLIPPED=20]
#
# WORK is made anew. A line per session and a summary; ends with 0 when no unchanged case was anything but unchanged, and
# at least 85 % of the flipped ones were found (binomial: 1 - 0.9^20 = 88 %).
set -u
export ASSAY_CI=off  # the baselines of this script are nobody's
bin=$1 work=$2 sessions=${3:-10} flipped=${4:-20}
rm -rf "$work" && mkdir -p "$work/baselines" || exit 2

{
  printf '{"schema_version": 1, "prompts": ['
  comma=
  for words in "What is a model?" "What is a gate?" "Name a river." "Count to five." "Is water wet?" "Who was first?" \
               "Say it again." "Where is north?" "Why not?" "What is left?"; do
    id=$(printf '%s' "$words" | tr 'A-Z ' 'a-z-' | tr -d '.?')
    printf '%s{"id": "%s", "max_tokens": 12, "messages": [{"role": "user", "content": "%s"}]}' "$comma" "$id" "$words"
    comma=,
  done
  printf ']}\n'
} >"$work/prompts.json"

# measure <run> <flags...>
measure() {
  run=$1; shift
  "$bin/assay-bench" --service=embedded --prompts="$work/prompts.json" --probe=off --anchors=off --run="$run" "$@" \
    >"$run.log" 2>&1 || { echo "assay-bench failed: $run.log"; exit 2; }
}
# count <run> <verdict>: cases with this verdict on their answers
count() { grep -o "answers: .*" "$1.txt" | grep -o "[0-9]* $2" | head -n 1 | cut -d' ' -f1; }
judge() {
  "$bin/assay" compare --run "$1" --baselines "$work/baselines" --question determinism >"$1.txt" 2>&1
}

all="--models=ember-mini-generic-cpu:1,ember-mini-int8-cpu:1,ember-base-generic-cpu:1,ember-base-int8-cpu:1"
ways="--scenarios=warm,concurrency:4,after_restart"
measure "$work/base" $all $ways --repetitions=2
"$bin/assay" accept --run "$work/base" --baselines "$work/baselines" --only outputs --reason "first" \
  >"$work/accept.txt" 2>&1 || { cat "$work/accept.txt"; exit 2; }
other=0 i=0 requests=0
while [ $i -lt "$sessions" ]; do
  i=$((i + 1))
  measure "$work/same$i" $all $ways --repetitions=2 --seed=$i
  judge "$work/same$i"
  code=$?
  requests=$((requests + $(grep -c '"warmup":false' "$work/same$i/samples.jsonl")))
  [ $code -eq 0 ] || other=$((other + 1))
  echo "same$i: $(tail -n 2 "$work/same$i.txt" | head -n 1)"
done
found=0 cases=0 i=0
while [ $i -lt "$flipped" ]; do
  i=$((i + 1))
  measure "$work/flip$i" --models=ember-mini-int8-cpu:1 --repetitions=20 --seed=$i --scenario=flip_token=0.1
  judge "$work/flip$i"
  seen=$(count "$work/flip$i" nondeterministic)
  found=$((found + ${seen:-0})) cases=$((cases + 10))
  echo "flip$i: ${seen:-0} of 10 found"
done
echo "unchanged: $other of $sessions sessions of four variants ($requests requests) were not unchanged"
echo "flip_token=0.1: $found of $cases found"
[ $other -eq 0 ] && [ $((found * 100)) -ge $((cases * 85)) ]
