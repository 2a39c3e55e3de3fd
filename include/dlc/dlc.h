/*
 * dlc/dlc.h - libdlc: which samples of a data set are worth fine-tuning on, without training.
 *
 * A pre-trained model loses capacity step by step as its smallest weights are masked. Samples whose loss stays low all
 * the way are easy, those it fails early are hard. libdlc masks the weights level by level, records every sample's loss
 * at each level, integrates each curve into one hardness score (DLC, Distorting-based Learning Complexity), and draws a
 * subset with FlexRand. The method is Jiang et al., "Exploring Learning Complexity for Efficient Downstream Dataset
 * Pruning", ICLR 2025, arXiv 2402.05356.
 *
 * Data flows one way, and each module can be used alone:
 *
 *     weights --> mask --> forward (yours) --> observe --> curve --> score --> FlexRand --> indices
 *
 *     dlc/base.h       status codes, versions, allocators, dtypes; the conventions of the whole API
 *     dlc/mask.h       weights + schedule -> thresholds of every level; apply a level in place; restore
 *     dlc/score.h      features, logits or losses, in batches of any order -> curves and scores
 *     dlc/response.h   logits of a language model -> losses of the response tokens, for score
 *     dlc/run.h        drives mask, your forward callback and score
 *     dlc/flexrand.h   scores, labels if any -> the indices of the subset
 *     dlc/file.h       .npy and .safetensors files
 *     dlc/image.h      class folders of images -> float32 batches
 *     dlc/encoder.h    an embedded forward pass: ResNet weights + image batches -> features
 *
 * Words. A sample has a label, its class id from 0. A level is one point of the masking path; its capacity is the share
 * of maskable weights left. An observation is what is recorded for a sample at a level; a curve is a sample's
 * observations over the levels; its score is their mean, and high means hard. Keep is the share of samples kept.
 */
#ifndef DLC_DLC_H
#define DLC_DLC_H

#include "base.h"
#include "encoder.h"
#include "file.h"
#include "flexrand.h"
#include "image.h"
#include "mask.h"
#include "response.h"
#include "run.h"
#include "score.h"

#endif
