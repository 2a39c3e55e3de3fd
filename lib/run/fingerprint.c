/* fingerprint.c - see fingerprint.h. A tensor is hashed in pieces, and its digest is that of the pieces' digests. */
#include "fingerprint.h"

#include "base/parallel.h"
#include "mask/access.h"

#include <string.h>

/* Bytes of a piece: a task of its own, worth a thread's while. */
#define PIECE (INT64_C(4) << 20)

static int64_t bytes_of(const dlc_mask_look *tensor) {
    return tensor->count * dlc_dtype_size(tensor->dtype);
}

static int64_t pieces_of(const dlc_mask_look *tensor) {
    return bytes_of(tensor) / PIECE + (bytes_of(tensor) % PIECE != 0);
}

static int64_t all_pieces(const dlc_mask *mask) {
    int64_t pieces = 0;
    for (int64_t i = 0; i < dlc_mask_tensor_count(mask); i++) {
        const dlc_mask_look tensor = dlc_mask_look_at(mask, i);
        pieces += pieces_of(&tensor);
    }
    return pieces;
}

typedef struct piece {
    const unsigned char *data;
    int64_t size;
    dlc_digest digest;
} piece;

static void hash_piece(void *context, int64_t task, int32_t thread) {
    (void)thread;
    piece *own = (piece *)context + task;
    own->digest = dlc_hash_of(own->data, own->size);
}

static dlc_digest hash_tensor(const dlc_mask_look *tensor, const piece *pieces) {
    dlc_hash hash;
    dlc_hash_begin(&hash);
    dlc_hash_add(&hash, tensor->name, (int64_t)strlen(tensor->name) + 1);
    dlc_hash_add_int64(&hash, tensor->dtype);
    dlc_hash_add_int64(&hash, tensor->count);
    dlc_hash_add_int64(&hash, tensor->maskable);
    for (int64_t i = 0; i < pieces_of(tensor); i++)
        dlc_hash_add(&hash, &pieces[i].digest, sizeof pieces[i].digest);
    return dlc_hash_digest(&hash);
}

dlc_status dlc_fingerprint_weights(const dlc_mask *mask, const dlc_allocator *allocator, dlc_error *error,
                                   dlc_digest *digests) {
    const int64_t count = all_pieces(mask);
    piece *pieces = dlc_allocate(allocator, count, sizeof *pieces);
    if (!pieces)
        return dlc_fail_memory(error, "the fingerprint of the weights");
    piece *next = pieces;
    for (int64_t i = 0; i < dlc_mask_tensor_count(mask); i++) {
        const dlc_mask_look tensor = dlc_mask_look_at(mask, i);
        for (int64_t first = 0, bytes = bytes_of(&tensor); first < bytes; first += PIECE)
            *next++ = (piece){.data = tensor.data + first, .size = bytes - first < PIECE ? bytes - first : PIECE};
    }
    dlc_parallel(dlc_mask_threads(mask), count, hash_piece, pieces);
    next = pieces;
    for (int64_t i = 0; i < dlc_mask_tensor_count(mask); i++) {
        const dlc_mask_look tensor = dlc_mask_look_at(mask, i);
        digests[i] = hash_tensor(&tensor, next);
        next += pieces_of(&tensor);
    }
    dlc_release(allocator, pieces);
    return DLC_OK;
}

int64_t dlc_fingerprint_bytes(const dlc_mask *mask) {
    return all_pieces(mask) * (int64_t)sizeof(piece);
}
