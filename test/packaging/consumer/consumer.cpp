// consumer.cpp - libdlc from C++: handles in unique_ptr, a lambda as callback, constants in a switch.
#include <dlc/dlc.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <vector>

template <typename Handle> using owned = std::unique_ptr<Handle, void (*)(Handle *)>;

template <typename Handle>
owned<Handle> make(dlc_status (*create)(const dlc_allocator *, Handle **), void (*free)(Handle *)) {
    Handle *handle = nullptr;
    if (create(nullptr, &handle) != DLC_OK)
        std::exit(EXIT_FAILURE);
    return {handle, free};
}

int main() {
    auto mask = make(dlc_mask_create, dlc_mask_free);
    auto score = make(dlc_score_create, dlc_score_free);
    auto run = make(dlc_run_create, dlc_run_free);
    std::vector<float> weights{1, -2, 3, -4};
    const std::vector<float> before = weights;
    dlc_mask_add_tensor(mask.get(), "w", DLC_DTYPE_F32, weights.data(), 4, 1);
    dlc_mask_set_geometric(mask.get(), 0.5, 3);
    dlc_score_set_samples(score.get(), 2, nullptr, 0);
    dlc_score_set_head(score.get(), DLC_HEAD_LOSS, 1);
    dlc_run_set_mask(run.get(), mask.get());
    dlc_run_set_score(run.get(), score.get());
    // The loss of both samples: the sum of the magnitudes that are left.
    const dlc_forward_callback forward = [](void *user, int64_t, int64_t, int64_t rows, float *out, int64_t *written) {
        float sum = 0;
        for (const float w : *static_cast<std::vector<float> *>(user))
            sum += w < 0 ? -w : w;
        for (int64_t r = 0; r < rows; r++)
            out[r] = sum;
        *written = rows;
    };
    dlc_run_set_forward(run.get(), forward, &weights);
    switch (dlc_run_execute(run.get())) {
    case DLC_OK:
        break;
    default:
        std::puts(dlc_run_message(run.get()));
        return EXIT_FAILURE;
    }
    float scores[2];
    // Masked are 0, 2 and 3 of the 4 weights: sums 10, 7 and 4.
    if (dlc_score_get_scores(score.get(), scores) != DLC_OK || scores[0] != 7 || scores[1] != 7 || weights != before)
        return EXIT_FAILURE;
    std::printf("C++ with libdlc %s\n", dlc_version_string());
}
