/* default_mask.h - which tensors of a weight file are masked where nobody says otherwise. For safetensors.c. The rule
 * is stated at dlc_safetensors_masked_by_default() in dlc/file.h. */
#ifndef DLC_LIB_DEFAULT_MASK_H
#define DLC_LIB_DEFAULT_MASK_H

#include "safetensors_header.h"

typedef enum dlc_family { DLC_FAMILY_OTHER, DLC_FAMILY_RESNET, DLC_FAMILY_VIT } dlc_family;

/* The architecture, from the names and ranks of the tensors. */
dlc_family dlc_default_mask_family(const dlc_safetensors_header *header);

/* Whether a tensor of a model of that architecture is masked by default: 1 or 0. */
int dlc_default_mask_includes(dlc_family family, const dlc_tensor *tensor);

#endif
