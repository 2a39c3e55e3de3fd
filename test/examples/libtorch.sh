# libtorch.sh - the libtorch example: a TorchScript module scored in C++ has the scores that PyTorch's own pruning gives in
# Python.
. test/support/installed.sh

builds examples/cpp/libtorch.cpp "${CXX:-c++}"
"$PYTHON" examples/cpp/libtorch_module.py "$work" || die "libtorch_module.py fails"
ends 0 libtorch "$work/module.pt" "$work/x.npy" "$work/labels.npy" "$work/scores.npy"
prints "conv2.weight	1152	masked"
prints "norm.weight	8	kept"
PYTHONPATH=$PYTHONPATH:examples/cpp
python <<'PYTHON'
import sys
import numpy as np
import torch
import twin
from libtorch_module import Network
from torch.nn.utils import prune
work = sys.argv[1]
x, labels, scores = (np.load(f"{work}/{name}.npy") for name in ("x", "labels", "scores"))
model = Network().eval()
model.load_state_dict(torch.jit.load(f"{work}/module.pt").state_dict())
weights = [(module, "weight") for module in (model.conv1, model.conv2, model.fc)]
features = []
with torch.no_grad():
    for _ in range(50):
        features.append(model(torch.from_numpy(x)).numpy())
        prune.global_unstructured(weights, pruning_method=prune.L1Unstructured, amount=0.02)
off = np.abs(scores - twin.scores(features, labels)).max()
assert scores.dtype == np.float32 and scores.shape == labels.shape and off <= 1e-5, off
assert scores.std() > 0.01, scores.std()
print(f"largest difference {off:.1e}, scores {scores.min():.3f} to {scores.max():.3f}")
PYTHON

# What torch throws comes out with its words.
"$PYTHON" -c 'import sys, numpy; numpy.save(sys.argv[1], numpy.zeros((240, 3, 12, 12), "f4"))' "$work/wrong.npy"
ends 1 libtorch "$work/module.pt" "$work/wrong.npy" "$work/labels.npy" "$work/none.npy"
grep -q "channels" "$work/stderr" || die "libtorch: $(cat "$work/stderr")"
[ -e "$work/none.npy" ] && die "libtorch writes scores of nothing"
echo "$checks checks"
