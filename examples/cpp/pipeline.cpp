/*
 * pipeline.cpp - the stage of a C++ training pipeline that decides what to train on: reads model and data, scores every
 * sample with the pipeline's own forward pass, and writes the scores and the rows to keep. Uses dlc.hpp, beside it.
 *
 *     c++ -std=c++17 pipeline.cpp $(pkg-config --cflags --libs libdlc) -o pipeline
 *     ./pipeline FOLDER KEEP SCORES.npy PICK.npy
 *
 * FOLDER holds x.npy, float32 [samples, inputs]; labels.npy, integers [samples]; and the model's w1.npy, float32
 * [hidden, inputs], and w2.npy, float32 [dim, hidden]: features = relu(x w1^T) w2^T.
 */
#include "dlc.hpp"

#include <algorithm>
#include <cstdlib>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

namespace {

/* A matrix in a file. */
struct Matrix {
    std::int64_t rows;
    std::int64_t columns;
    std::vector<float> values;

    explicit Matrix(const std::string &path) {
        dlc::Npy file(path);
        if (file.rank() != 2)
            throw std::runtime_error(path + ": not a matrix");
        rows = file.dim(0);
        columns = file.dim(1);
        values = file.read_all<float>();
    }
    const float *row(std::int64_t r) const { return values.data() + r * columns; }
};

float dot(const float *left, const float *right, std::int64_t count) {
    float sum = 0;
    for (std::int64_t i = 0; i < count; i++)
        sum += left[i] * right[i];
    return sum;
}

/* The pipeline's model. libdlc masks w1 and w2 in place between calls: the pass need not know. */
struct Model {
    Matrix w1, w2;

    explicit Model(const std::string &folder) : w1(folder + "/w1.npy"), w2(folder + "/w2.npy") {
        if (w2.columns != w1.rows)
            throw std::runtime_error(folder + ": w1 and w2 do not fit");
    }
    void features(const float *x, float *out) const {
        std::vector<float> hidden(static_cast<std::size_t>(w1.rows));
        for (std::int64_t h = 0; h < w1.rows; h++)
            hidden[static_cast<std::size_t>(h)] = std::max(dot(w1.row(h), x, w1.columns), 0.0F);
        for (std::int64_t d = 0; d < w2.rows; d++)
            out[d] = dot(w2.row(d), hidden.data(), w2.columns);
    }
};

void pipeline(const std::string &folder, double keep, const std::string &scores_path, const std::string &pick_path) {
    const Matrix x(folder + "/x.npy");
    Model model(folder);
    const std::vector<std::int64_t> labels = dlc::Npy(folder + "/labels.npy").read_all_int64();
    if (x.columns != model.w1.columns || x.rows != static_cast<std::int64_t>(labels.size()) || labels.empty())
        throw std::runtime_error(folder + ": model, samples and labels do not fit");

    dlc::Mask mask;
    mask.add_tensor("w1", model.w1.values);
    mask.add_tensor("w2", model.w2.values);
    mask.set_schedule("geometric:0.02x50");

    dlc::Score score;
    score.set_samples(labels, *std::max_element(labels.begin(), labels.end()) + 1);
    score.set_head(DLC_HEAD_CENTROID, model.w2.rows);

    dlc::Run run;
    run.set_mask(mask);
    run.set_score(score);
    run.set_batch(128);
    run.set_forward([&](std::int64_t, std::int64_t first, std::int64_t rows, float *out) {
        for (std::int64_t r = 0; r < rows; r++)
            model.features(x.row(first + r), out + r * model.w2.rows);
    });
    run.set_progress([](std::int64_t pass, std::int64_t passes, std::int64_t done, std::int64_t samples) {
        if (done == samples && (pass + 1) % 10 == 0)
            std::clog << "level " << pass + 1 << " of " << passes << '\n';
        return true;
    });
    run.execute();

    const std::vector<float> scores = score.scores();
    dlc::Flexrand flexrand;
    flexrand.set_samples(labels, scores);
    flexrand.select_keep(keep);
    const std::vector<std::int64_t> pick = flexrand.selection();

    dlc::Npy().write(scores_path, scores);
    dlc::Npy().write(pick_path, pick);
    std::cout << pick.size() << " of " << labels.size() << " samples kept\n";
}

} // namespace

int main(int argc, char **argv) try {
    if (argc != 5) {
        std::cerr << "usage: pipeline FOLDER KEEP SCORES.npy PICK.npy\n";
        return 2;
    }
    pipeline(argv[1], std::strtod(argv[2], nullptr), argv[3], argv[4]);
    return EXIT_SUCCESS;
} catch (const std::exception &e) { /* dlc::error is one */
    std::cerr << "pipeline: " << e.what() << '\n';
    return EXIT_FAILURE;
}
