/*
 * libtorch.cpp - a TorchScript module under libdlc: its parameters are the weights, masked in place; its forward() is
 * the callback. Prints what is masked, writes a score for every sample. Uses dlc.hpp, beside it.
 *
 * With Debian's libtorch-dev (1.13), where the headers of the C++ API lie in a folder of their own:
 *
 *     torch="-isystem /usr/include/torch/csrc/api/include -ltorch -ltorch_cpu -lc10"
 *     c++ -std=c++17 libtorch.cpp $(pkg-config --cflags --libs libdlc) $torch -o libtorch
 *     ./libtorch MODULE.pt X.npy LABELS.npy SCORES.npy
 *
 * With CMake: find_package(Torch), and link ${TORCH_LIBRARIES}.
 *
 * MODULE.pt: forward() takes float32 [rows, ...] and returns float32 [rows, dim]; libtorch_module.py makes one. X.npy:
 * float32 [samples, ...]. LABELS.npy: integers [samples].
 */
#include "dlc.hpp"

#include <torch/script.h>

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

std::int32_t dtype_of(const torch::Tensor &tensor) {
    switch (tensor.scalar_type()) {
    case torch::kFloat32:
        return DLC_DTYPE_F32;
    case torch::kFloat16:
        return DLC_DTYPE_F16;
    case torch::kBFloat16:
        return DLC_DTYPE_BF16;
    case torch::kFloat64:
        return DLC_DTYPE_F64;
    default:
        return DLC_DTYPE_OTHER;
    }
}

/* Registers every parameter where it lies; matrices and convolutions are masked, biases and norms are not. */
void add_parameters(dlc::Mask &mask, const torch::jit::Module &module) {
    for (const auto &parameter : module.named_parameters()) {
        const torch::Tensor &w = parameter.value;
        /* A weight on a GPU, or with gaps: plan on a copy on the host, and mask there (docs/embedding.md). */
        if (!w.device().is_cpu() || !w.is_contiguous())
            throw std::runtime_error(parameter.name + " is not one block of host memory");
        mask.add_tensor(parameter.name, dtype_of(w), w.data_ptr(), w.numel(), w.dim() >= 2);
        std::cout << parameter.name << '\t' << w.numel() << '\t' << (w.dim() >= 2 ? "masked" : "kept") << '\n';
    }
}

torch::Tensor read_samples(const std::string &path) {
    dlc::Npy file(path);
    torch::Tensor x = torch::empty(file.shape(), torch::kFloat32);
    file.read(0, dlc::view<float>(x.data_ptr<float>(), x.numel()));
    return x;
}

void score_module(const char *module_path, const char *x_path, const char *labels_path, const char *scores_path) {
    /* torch::jit::optimize_for_inference() and freeze() copy the weights: load as it is, and mask what runs. */
    torch::jit::Module module = torch::jit::load(module_path);
    module.eval();
    const torch::InferenceMode no_gradients;
    const torch::Tensor x = read_samples(x_path);
    const std::vector<std::int64_t> labels = dlc::Npy(labels_path).read_all_int64();
    if (x.dim() < 2 || labels.empty() || x.size(0) != static_cast<std::int64_t>(labels.size()))
        throw std::runtime_error("not a label for every sample");
    const auto forward = [&](std::int64_t first, std::int64_t rows) {
        return module.forward({x.narrow(0, first, rows)}).toTensor().to(torch::kFloat32).contiguous();
    };
    const std::int64_t dim = forward(0, 1).numel();

    dlc::Mask mask;
    add_parameters(mask, module);
    dlc::Score score;
    score.set_samples(labels, *std::max_element(labels.begin(), labels.end()) + 1);
    score.set_head(DLC_HEAD_CENTROID, dim);
    dlc::Run run;
    run.set_mask(mask);
    run.set_score(score);
    /* An exception of torch stops the run and comes out of execute(), with the weights restored. */
    run.set_forward([&](std::int64_t, std::int64_t first, std::int64_t rows, float *out) {
        const torch::Tensor features = forward(first, rows);
        if (features.numel() != rows * dim)
            throw std::runtime_error("forward() does not return [rows, dim]");
        std::copy_n(features.data_ptr<float>(), features.numel(), out);
    });
    run.execute();
    dlc::Npy().write(scores_path, score.scores());
}

} // namespace

int main(int argc, char **argv) try {
    if (argc != 5) {
        std::cerr << "usage: libtorch MODULE.pt X.npy LABELS.npy SCORES.npy\n";
        return 2;
    }
    score_module(argv[1], argv[2], argv[3], argv[4]);
    return EXIT_SUCCESS;
} catch (const std::exception &e) {
    std::cerr << "libtorch: " << e.what() << '\n';
    return EXIT_FAILURE;
}
