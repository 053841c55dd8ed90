#!/usr/bin/env bash
# The recipe of the next built-in models: default.boam (1), fast.boam (2), best.boam (3). About a tenth of the files is held
# out. From the project's root, with the public data beside it:
#     bash src/model/pretrained/train.sh ../shared/data default|fast|best
# Files that are compressed inside (two of the ROOT files) are left out: there is nothing in them to learn.
#
# The present three were made by `boa train` as it stood at commit 9c1283b, without --augment and alone, not within the mix: the same files and seed, with
# --dim 32 --layers 2 --taps 4 --minutes 33 (default), --dim 16 --layers 1 --taps 3 --minutes 12 (fast) and
# --dim 48 --layers 2 --taps 4 --minutes 40 (best).
set -euo pipefail
usage='usage: train.sh DATA default|fast|best'
data=${1:?$usage}
level=${2:?$usage}
case $level in
default) size=default ;;
fast) size=small ;;
best) size=large ;;
*) echo "$usage" >&2; exit 1 ;;
esac
mapfile -t files < <(find "$data" -type f ! -name '*.json' ! -name '*.md' \
    ! -name 'NanoAODv5_sample.root' ! -name 'PHYSLITE_example.root' | LC_ALL=C sort)
cargo run --release -- train "${files[@]}" --minutes "${MINUTES:-33}" --seed 1 --seeds "${SEEDS:-1}" --size "$size" --augment \
    --checkpoint "target/$level.safetensors" --resume -f -o "src/model/pretrained/$level.boam"
