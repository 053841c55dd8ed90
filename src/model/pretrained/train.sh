#!/usr/bin/env bash
# The recipe of the next default.boam, the built-in model 1: about a tenth of the files is held out. From the project's root, with the public data beside it:
#     bash src/model/pretrained/train.sh ../shared/data
# Files that are compressed inside (two of the ROOT files) are left out: there is nothing in them to learn.
set -euo pipefail
data=${1:?usage: train.sh DATA}
mapfile -t files < <(find "$data" -type f ! -name '*.json' ! -name '*.md' \
    ! -name 'NanoAODv5_sample.root' ! -name 'PHYSLITE_example.root' | LC_ALL=C sort)
cargo run --release -- train "${files[@]}" --minutes "${MINUTES:-33}" --seed 1 --seeds "${SEEDS:-1}" --size default --augment \
    --checkpoint target/default.safetensors --resume -f -o src/model/pretrained/default.boam
