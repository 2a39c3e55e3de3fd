# instructions.sh - examples/python/instructions.py in its short form, as docs/instructions.md says, with what else that page
# shows; and the losses against torch's cross_entropy.
. test/support/cli.sh

case ${CFLAGS:-} in
*-fsanitize=*)
    echo "not under sanitizers"
    exit 0
    ;;
esac

BUILD=$(cd "$BUILD" && pwd)
DLC_LIBRARY=$BUILD/libdlc.so
HOME=$work/home
PATH=$BUILD:$PATH
export BUILD DLC_LIBRARY HOME PATH
mkdir "$HOME"

"$PYTHON" test/examples/guide.py docs/instructions.md >"$work/guide.sh" || die "docs/instructions.md cannot be followed"
checks=$((checks + $(grep -c "^where=" "$work/guide.sh")))
sh "$work/guide.sh" || die "docs/instructions.md does not work"
guide=$HOME/try-instructions
[ -s "$guide/subset.jsonl" ] || die "no pairs were kept"
${CC:-cc} -std=c11 -Wall -Wextra -Wpedantic -Werror -Iinclude -c "$guide/pairs.c" -o "$work/pairs.o" ||
    die "pairs.c of docs/instructions.md does not compile"

python "$guide" <<'PYTHON'
import json
import sys

guide = sys.argv[2]
sys.path[:0] = ["examples/python", guide]
import numpy as np
import torch
from torch.nn.functional import cross_entropy

import dlc_pairs
import instructions

curves, scores = np.load(f"{guide}/out/curves.npy"), np.load(f"{guide}/out/scores.npy")
pairs = [json.loads(line) for line in open(f"{guide}/out/pairs.jsonl", encoding="utf-8")]
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

# The guide's function does what the example does.
published = instructions.mask_of(model, "geometric:0.02x50", 1)
scores = instructions.score(model, samples, published, False, 1).get_scores()
assert np.allclose(dlc_pairs.score_pairs(model, samples, instructions.as_batch, len(tokenizer.tokens)), scores, 1e-5)

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
