#!/usr/bin/env bash
# The recipe of the next built-in models: large.boam (1) and small.boam (2). Files are held out whole, each of a source of which another
# file is learned from. From the project's root, with the public data beside it:
#     bash src/model/pretrained/train.sh ../shared/data small|large
# Files that are compressed inside (two of the ROOT files) are left out: there is nothing in them to learn.
#
# The present two were made by `boa train` as it stood at commit 9c1283b, without --augment and alone, not within the mix, over all files (the last tenth of
# each piece held out), with seed 1 and --dim 32 --layers 2 --taps 4 --minutes 33 (large), --dim 16 --layers 1 --taps 3 --minutes 12
# (small). docs/decisions.md says what this recipe gave instead.
set -euo pipefail
usage='usage: train.sh DATA small|large'
data=${1:?$usage}
name=${2:?$usage}
case $name in
small) size=small ;;
large) size=default ;;
*) echo "$usage" >&2; exit 1 ;;
esac
mapfile -t files < <(find "$data" -type f ! -name '*.json' ! -name '*.md' \
    ! -name 'NanoAODv5_sample.root' ! -name 'PHYSLITE_example.root' | LC_ALL=C sort)
held=(hep_tables/cms_zee_row.bin hep_tables/csc_minbias_tracks_f64_row.bin hep_tables/nanoaod_jets_a_row.bin
    hep_hdf5/nanoaod_jets_a.h5 fields_climate/coads_slp_f4.npy signals/ligo_LL1_1135136334_f8.npy)
cargo run --release -- train "${files[@]}" --hold-out "${held[@]/#/$data/}" --minutes "${MINUTES:-16}" --seed 1 \
    --seeds "${SEEDS:-1}" --size "$size" --augment --checkpoint "target/$name.safetensors" --resume -f -o "src/model/pretrained/$name.boam"
