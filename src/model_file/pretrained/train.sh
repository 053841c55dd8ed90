#!/usr/bin/env bash
# The recipe of networks in place of the built-in models: large.boam (1) and small.boam (2). The files of held-out.txt are neither learned from nor
# checked on: figures are measured on them. What is checked on while training are whole files, each of a source of which another file is
# learned from. From the project's root, with the public data beside it:
#     bash src/model_file/pretrained/train.sh ../shared/data small|large
# A file that is compressed inside (one of the ROOT files) is left out: there is nothing in it to learn.
#
# It makes the networks that docs/results.md measures the held-out files with. The two in the program are older, and better on other data: made by
# `boa train` as it stood at commit 9c1283b, without --augment and alone, not within the mix, over all files, those of held-out.txt too (the
# last tenth of each piece held out), with seed 1 and --dim 32 --layers 2 --taps 4 --minutes 33 (large), --dim 16 --layers 1 --taps 3
# --minutes 12 (small). docs/decisions/built-in-models.md has both side by side.
set -euo pipefail
usage='usage: train.sh DATA small|large'
data=${1:?$usage}
name=${2:?$usage}
case $name in
small) size=small ;;
large) size=default ;;
*) echo "$usage" >&2; exit 1 ;;
esac
list=$(dirname "$0")/held-out.txt
mapfile -t held_out < <(grep -v '^#' "$list")
for file in "${held_out[@]}"; do
    [[ -f $data/$file ]] || { echo "$list: $file is not in $data" >&2; exit 1; }
done
mapfile -t files < <(find "$data" -type f ! -name '*.json' ! -name '*.md' ! -name 'PHYSLITE_example.root' -printf '%P\n' |
    grep -vxF -f "$list" | LC_ALL=C sort)
checked=(hep_tables/csc_minbias_tracks_f64_row.bin hep_hdf5/cms_photon_pairs_a.h5 fields_climate/coads_slp_f4.npy)
# Trained from the network's float weights, then quantised; the plain form does not depend on the models that are built in now.
trained=target/$name.boam
cargo run --release -- train "${files[@]/#/$data/}" --hold-out "${checked[@]/#/$data/}" --minutes "${MINUTES:-16}" --seed 1 \
    --seeds "${SEEDS:-1}" --size "$size" --augment --checkpoint "target/$name.safetensors" --resume -f -o "$trained"
cargo run --release --example plain_model -- "$trained" "src/model_file/pretrained/$name.boam"
