#!/bin/sh
# The gate on real runs of the embedded service, on a machine that another process keeps busy on and off: how many of
# UNCHANGED unchanged runs raise an alarm, how many of SLOW runs with a slower decoding are found. Each run is a session of
# its own, with the second look where there is a suspect. Not a test: it takes minutes, and a machine's luck is in it.
#
#   ctest/support/real_runs.sh build/release/bin WORK [UNCHANGED=30] [SLOW=20] [FACTOR=1.10] [REPETITIONS=20] [BUSY=on|off]
#
# WORK is made anew. A line per run and a summary; ends with 0 when no unchanged run raised an alarm and at most one slow
# run in twenty went unseen.
set -u
bin=$1 work=$2 unchanged=${3:-30} slow=${4:-20} factor=${5:-1.10} repetitions=${6:-20} busy=${7:-on}
rm -rf "$work" && mkdir -p "$work/baselines" || exit 2
models=ember-mini
export ASSAY_CI=off  # the baselines of this script are nobody's
burner=
if [ "$busy" = on ]; then
  (while :; do timeout 3 sh -c 'while :; do :; done'; sleep 4; done) &
  burner=$!
fi
trap '[ -z "$burner" ] || kill "$burner" 2>/dev/null' EXIT INT TERM

# measure <run> <extra flags...>
measure() {
  run=$1; shift
  "$bin/assay-bench" --service=embedded --models=$models --repetitions="$repetitions" --probe=off --seed="$count" \
    --run="$run" "$@" >"$run.log" 2>&1 || { echo "assay-bench failed: $run.log"; exit 2; }
}
# verdict <run> <extra flags...>: sets `code`
verdict() {
  run=$1; shift
  rm -rf "$run.second"
  "$bin/assay" compare --run "$run" --baselines "$work/baselines" --question latency --json "$run.json" >"$run.txt" 2>&1
  code=$?
  first=$code
  if grep -q '"suspects"' "$run.json"; then
    "$bin/assay-bench" --service=embedded --models=$models --probe=off --confirm="$run.json" --run="$run.second" "$@" \
      >"$run.second.log" 2>&1 || { echo "second look failed: $run.second.log"; exit 2; }
    "$bin/assay" compare --run "$run" --confirm "$run.second" --baselines "$work/baselines" --question latency \
      --json "$run.both.json" >"$run.txt" 2>&1
    code=$?
  fi
  echo "$(basename "$run"): first look $first, verdict $code: $(tail -n 1 "$run.txt")"
}

count=0
while [ $count -lt 5 ]; do
  count=$((count + 1))
  measure "$work/base$count"
  "$bin/assay" accept --run "$work/base$count" --baselines "$work/baselines" --only latency --reason "session $count" \
    >"$work/base$count.accept" 2>&1 || { cat "$work/base$count.accept"; exit 2; }
done
false_alarms=0 cannot_tell=0 i=0
while [ $i -lt "$unchanged" ]; do
  i=$((i + 1)); count=$((count + 1))
  measure "$work/unchanged$i"
  verdict "$work/unchanged$i"
  case $code in 0) ;; 1) false_alarms=$((false_alarms + 1)) ;; *) cannot_tell=$((cannot_tell + 1)) ;; esac
done
found=0 i=0
while [ $i -lt "$slow" ]; do
  i=$((i + 1)); count=$((count + 1))
  measure "$work/slow$i" "--scenario=slow_decode=$factor"
  verdict "$work/slow$i" "--scenario=slow_decode=$factor"
  [ $code -ne 1 ] || found=$((found + 1))
done
echo "unchanged: $false_alarms of $unchanged raised an alarm, $cannot_tell could not be told"
echo "slow_decode=$factor: $found of $slow found"
[ $false_alarms -eq 0 ] && [ $cannot_tell -eq 0 ] && [ $((found * 20)) -ge $((slow * 19)) ]
