# instructions.sh - examples/python/instructions.py in its short form; its losses against torch's cross_entropy; and that
# `dlc select --jsonl` keeps the lines that it kept.
. test/support/cli.sh

case ${CFLAGS:-} in
*-fsanitize=*)
    echo "not under sanitizers"
    exit 0
    ;;
esac

export BUILD
DLC_LIBRARY=$BUILD/libdlc.so
export DLC_LIBRARY

checks=$((checks + 1))
"$PYTHON" examples/python/instructions.py --quick --threads 1 --out-dir "$work/run" >"$work/stdout" 2>"$work/stderr" ||
    die "instructions.py fails: $(cat "$work/stderr")"
[ -s "$work/stderr" ] && die "on standard error: $(cat "$work/stderr")"
grep -q "kept .* pairs" "$work/stdout" || die "no pairs kept: $(cat "$work/stdout")"

runs select --scores "$work/run/scores.npy" --keep 0.3 --jsonl "$work/run/pairs.jsonl" --out "$work/subset.jsonl"
cmp "$work/subset.jsonl" "$work/run/subset.jsonl" || die "the command keeps other lines than the example"

python <<'PYTHON'
import json
import sys

sys.path.insert(0, "examples/python")
import numpy as np
import torch
from torch.nn.functional import cross_entropy

import instructions

work = sys.argv[1]
curves, scores = np.load(f"{work}/run/curves.npy"), np.load(f"{work}/run/scores.npy")
pairs = [json.loads(line) for line in open(f"{work}/run/pairs.jsonl", encoding="utf-8")]
assert curves.shape[1] == len(pairs) == len(scores) and (curves > 0).all()

# A model of the example's kind, masked by the example: the loss of each pair under torch's own mask.
torch.manual_seed(2)
torch.set_num_threads(1)
pairs = [instructions.Pair(**pair) for pair in pairs[:30]]
tokenizer = instructions.Tokenizer([" ".join(pair) for pair in pairs], 200)
samples = [sample for pair in pairs if len((sample := instructions.as_sample(tokenizer, pair)).ids) <= 64]
model = instructions.Transformer(len(tokenizer.tokens), 32, 2).eval()
before = {name: value.clone() for name, value in model.state_dict().items()}
mask = instructions.mask_of(model, "list:0,0.3,0.6", 1)
assert mask.weight_count == 2 * 12 * 32 * 32  # all linear layers but the head
curves = instructions.score(model, samples, mask, True, 1).get_curves()
assert all(torch.equal(value, before[name]) for name, value in model.state_dict().items())
weights = [module.weight for name, module in model.named_modules()
           if isinstance(module, torch.nn.Linear) and name != "head"]
magnitudes = torch.cat([weight.detach().abs().flatten() for weight in weights]).sort().values
for level, share in enumerate((0, 0.3, 0.6)):
    masked = round(share * len(magnitudes))
    with torch.no_grad():
        for weight in weights:
            weight.mul_(weight.abs() > (magnitudes[masked - 1] if masked else -1))
        for i, sample in enumerate(samples):
            ids = torch.tensor(sample.ids)
            logits = model(ids[None])[0]
            start = sample.response_start
            want = cross_entropy(logits[start - 1 : -1], ids[start:]).item()
            assert abs(curves[level, i] - want) <= 1e-5 * want, (level, i, curves[level, i], want)
PYTHON
echo "$checks checks"
