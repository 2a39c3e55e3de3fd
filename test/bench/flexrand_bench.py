"""FlexRand on 1.28 million samples in 1000 classes, from labels and scores to indices, against the published selection in
NumPy: per class np.where, np.argsort and two draws of np.random.choice, joined by np.append.

Run from the top of the repo after `make`: python3 test/bench/flexrand_bench.py
"""

import numpy as np
from library import dlc, row, seconds

SAMPLES, CLASSES = 1_280_000, 1000
GAMMA, KEEP, SEED = 0.5, 0.3, 1


def published(labels: np.ndarray, scores: np.ndarray) -> np.ndarray:
    if GAMMA <= 0.5:
        easy = min(GAMMA, KEEP / 2)
        hard = KEEP - easy
    else:
        hard = min(1 - GAMMA, KEEP / 2)
        easy = KEEP - hard
    np.random.seed(SEED)
    selected = np.array([], dtype=np.int64)
    for label in range(CLASSES):
        members = np.where(labels == label)[0]
        ranked = members[np.argsort(scores[members])]
        cut = round(GAMMA * len(members))
        from_easy = np.random.choice(ranked[:cut], round(len(members) * easy), replace=False)
        from_hard = np.random.choice(ranked[cut:], round(len(members) * hard), replace=False)
        selected = np.append(selected, np.append(from_easy, from_hard))
    return selected


def ours(
    labels: np.ndarray, scores: np.ndarray, ids: np.ndarray | None, budget: int, rng: int, order: int
) -> np.ndarray:
    flexrand = dlc.Flexrand(labels, scores, ids, gamma=GAMMA, seed=SEED, budget=budget, rng=rng)
    dlc.library.dlc_flexrand_select_keep(flexrand, KEEP)
    return flexrand.get_selection(order)


def main() -> None:
    generator = np.random.default_rng(1)
    labels = generator.integers(0, CLASSES, SAMPLES)
    # 1.28 million random floats are never all different: distinct scores let the drawn indices be compared.
    scores = generator.permutation(SAMPLES).astype(np.float32)
    ids = generator.permutation(SAMPLES) * 1_000_003

    peer = seconds(lambda: published(labels, scores))
    cases = [
        ("flexrand: exact budget, ascending", None, dlc.BUDGET_EXACT, dlc.RNG_PHILOX, dlc.ORDER_INDEX),
        ("flexrand: exact budget, pick order", None, dlc.BUDGET_EXACT, dlc.RNG_PHILOX, dlc.ORDER_PICK),
        ("flexrand: exact budget, ascending, caller's ids", ids, dlc.BUDGET_EXACT, dlc.RNG_PHILOX, dlc.ORDER_INDEX),
        ("flexrand: paper budget, numpy generator", None, dlc.BUDGET_PAPER, dlc.RNG_NUMPY, dlc.ORDER_PICK),
    ]
    for what, given_ids, budget, rng, order in cases:
        time = seconds(lambda: ours(labels, scores, given_ids, budget, rng, order), 7)
        row(what, time, peer, "10 x" if given_ids is None else "none")
    same = np.array_equal(ours(labels, scores, None, dlc.BUDGET_PAPER, dlc.RNG_NUMPY, dlc.ORDER_PICK), published(labels, scores))
    print("the indices of the numpy generator are the published ones" if same else "DIFFERENT INDICES", flush=True)
    assert same


if __name__ == "__main__":
    main()
