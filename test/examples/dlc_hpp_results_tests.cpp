/*
 * dlc_hpp_results_tests.cpp - tests of examples/cpp/dlc.hpp: that it says what the C API says, on the golden data, of
 * every module. Run from the top of the repo by cpp.sh, with a folder to write to.
 */
#include "dlc_hpp_support.hpp"

#include <fstream>
#include <sstream>

static void golden_results() {
    Golden golden("test/golden/b");
    Handles handles(golden);
    handles.score.set_keep_curves(true);
    handles.score.set_levels(handles.mask.level_count());
    const std::int64_t estimate = handles.run.memory_estimate();
    CHECK(estimate > handles.score.memory_estimate() && handles.mask.memory_estimate() > 0);
    handles.run.execute();
    CHECK(close(handles.score.scores(), golden.expected, 1e-6F));
    CHECK(close(handles.score.curves(), golden.curves, 2e-6F));
    CHECK(close(handles.score.centroids(), dlc::Npy("test/golden/b/centroids.npy").read_all<float>(), 1e-6F));
    CHECK(handles.score.visited().size() == 20 && handles.score.visited().back() == 19);
    const std::vector<std::int32_t> correct = handles.score.correct_counts();
    const auto correct_curves = dlc::Npy("test/golden/b/correct_curves.npy").read_all<std::uint8_t>();
    for (std::size_t i = 0; i < correct.size(); i++) {
        std::int32_t sum = 0;
        for (std::size_t level = 0; level < 20; level++)
            sum += correct_curves[level * correct.size() + i];
        CHECK(sum == correct[i]);
    }
    CHECK(same_bits(handles.score.estimate(), handles.score.scores()));
    const Ints kept = dlc::Npy("test/golden/b/kept.npy").read_all_int64();
    for (std::int64_t t = 0; t < 20; t++)
        CHECK(handles.mask.level(t).kept ==
              kept[static_cast<std::size_t>(2 * t)] + kept[static_cast<std::size_t>(2 * t + 1)]);

    /* Every published subset. */
    dlc::Flexrand flexrand;
    flexrand.set_samples(golden.labels, golden.expected);
    flexrand.set_budget(DLC_BUDGET_PAPER);
    flexrand.set_rng(DLC_RNG_NUMPY);
    std::ifstream subsets("test/golden/b/subsets.txt");
    int cases = 0;
    for (std::string line; std::getline(subsets, line); cases++) {
        std::istringstream fields(line);
        double gamma = 0, keep = 0;
        std::uint64_t seed = 0;
        fields >> gamma >> keep >> seed;
        Ints indices;
        for (std::int64_t index = 0; fields >> index;)
            indices.push_back(index);
        flexrand.set_gamma(gamma);
        flexrand.set_seed(seed);
        flexrand.select_keep(keep);
        CHECK(flexrand.selection(DLC_ORDER_PICK) == indices);
    }
    CHECK(cases > 50);
}

static void observing_in_any_order() {
    Golden golden("test/golden/b");
    const Floats features = dlc::Npy("test/golden/b/features.npy").read_all<float>();
    const std::int64_t samples = golden.samples();
    dlc::Score score;
    score.set_samples(golden.labels, golden.classes());
    score.set_head(DLC_HEAD_CENTROID, 16);
    score.set_levels(20);
    score.add_features(0, samples, features.data());
    score.finish_centroids();
    const Floats centroids = score.centroids();
    score.reset();
    CHECK(!score.has_centroids());
    score.set_centroids(centroids);
    CHECK(score.has_centroids());
    for (std::int64_t level = 0; level < 20; level++) {
        score.begin_level(level);
        for (std::int64_t i = samples - 1; i >= 0; i--) /* backwards, one by one */
            score.observe({i}, features.data() + (level * samples + i) * 16);
        score.observe(dlc::view<const std::int64_t>{}, nullptr); /* no sample at all */
        score.end_level();
    }
    CHECK(close(score.scores(), golden.expected, 1e-6F));

    dlc::Score losses;
    losses.set_samples(samples);
    losses.set_head(DLC_HEAD_LOSS, 1);
    losses.set_levels(20);
    for (std::int64_t level = 0; level < 20; level++) {
        losses.begin_level(level);
        losses.observe(0, samples, golden.curves.data() + level * samples);
        losses.end_level();
    }
    CHECK(close(losses.scores(), golden.expected, 1e-6F));
}

/* A data set in two parts, by hand and by an exchange: the scores of the whole. */
static void parts() {
    Golden golden("test/golden/b");
    Handles whole(golden);
    whole.run.execute();
    const Floats scores = whole.score.scores();
    const std::int64_t bounds[] = {0, 70, golden.samples()};
    const Floats features = dlc::Npy("test/golden/b/features.npy").read_all<float>();
    std::vector<std::vector<std::byte>> sums;
    dlc::Score part[2];
    for (int p = 0; p < 2; p++) {
        const std::int64_t first = bounds[p], rows = bounds[p + 1] - first;
        part[p].set_samples({golden.labels.data() + first, rows}, golden.classes());
        part[p].set_range(first);
        part[p].set_head(DLC_HEAD_CENTROID, 16);
        part[p].add_features(first, rows, features.data() + first * 16);
        sums.push_back(part[p].export_sums());
        CHECK(static_cast<std::int64_t>(sums.back().size()) == part[p].sums_size());
    }
    std::vector<std::byte> total = sums[1], damaged = sums[0];
    dlc::Score::merge_sums(total, sums[0]);
    damaged[60] ^= std::byte{1};
    CHECK(fails(DLC_ERROR_FORMAT, "", [&] { dlc::Score::merge_sums(total, damaged); }));
    CHECK(fails(DLC_ERROR_ARGUMENT, "sums of 3 elements", [&] { dlc::Score::merge_sums(total, {damaged.data(), 3}); }));
    for (dlc::Score &score : part) {
        score.import_sums(total);
        score.finish_centroids();
        CHECK(close(score.centroids(), dlc::Npy("test/golden/b/centroids.npy").read_all<float>(), 1e-6F));
    }

    Floats gathered;
    for (int p = 0; p < 2; p++) {
        const std::int64_t first = bounds[p], rows = bounds[p + 1] - first;
        Handles handles(golden);
        handles.score.set_samples({golden.labels.data() + first, rows}, golden.classes());
        handles.score.set_range(first);
        handles.run.set_exchange([&](dlc::view<std::byte>) { throw Raised{nullptr}; });
        bool raised = false;
        try {
            handles.run.execute();
        } catch (const Raised &) {
            raised = true;
        }
        CHECK(raised);
        handles.run.set_exchange([&, p](dlc::view<std::byte> own) { dlc::Score::merge_sums(own, sums[p == 0]); });
        handles.run.execute();
        for (const float score : handles.score.scores())
            gathered.push_back(score);
    }
    CHECK(close(gathered, scores, 1e-6F));
}

/* log 4 and log 4 / 3: logits that are known. */
static void responses() {
    dlc::Response response;
    response.set_logits(DLC_DTYPE_F32, 4);
    response.set_threads(2);
    const float third = std::log(3.0F); /* 3 of 3 + 1 + 1 + 1 */
    const Floats logits{0, 0, 0, 0, third, 0, 0, 0, 9, 9, 9, 9, third, 0, 0, 0};
    const Ints targets{2, 0, DLC_RESPONSE_IGNORE, 1};
    float losses[2];
    std::int64_t tokens[2];
    response.begin(2);
    response.add(0, 2, 2, logits.data(), 8, 4, targets.data(), 2);
    response.get_losses(losses, tokens);
    CHECK(tokens[0] == 2 && tokens[1] == 1);
    CHECK(std::fabs(losses[0] - (std::log(4.0F) + std::log(2.0F)) / 2) < 1e-5F);
    CHECK(std::fabs(losses[1] - std::log(6.0F)) < 1e-5F);
    const std::uint8_t mask[] = {1, 0, 0, 0};
    response.begin(2);
    response.add(0, 2, 2, logits.data(), 8, 4, targets.data(), 2, mask, 2);
    CHECK(fails(DLC_ERROR_DATA, "row 1", [&] { response.get_losses(losses); }));
    response.set_empty(DLC_EMPTY_ZERO);
    response.get_losses(losses);
    CHECK(std::fabs(losses[0] - std::log(4.0F)) < 1e-5F && losses[1] == 0);
}

static void restoring() {
    Golden golden("test/golden/b");
    const Floats w1 = golden.w1;
    dlc::Mask mask;
    mask.add_tensor("w1", golden.w1);
    mask.set_linear(0, 0.5, 3);
    mask.set_criterion(DLC_CRITERION_L1);
    mask.set_threads(2);
    mask.plan();
    Floats copy(golden.w1.size());
    mask.copy(2, 0, copy.data());
    try {
        const dlc::Restore restore(mask);
        mask.apply(2);
        CHECK(same_bits(golden.w1, copy) && std::count(copy.begin(), copy.end(), 0.0F) == mask.weight_count() / 2);
        throw 1;
    } catch (int) {
    }
    CHECK(same_bits(golden.w1, w1) && mask.current_level() == -1);
    CHECK(mask.ties(2, 0) == 1 && mask.level(2).capacity == 0.5 && mask.level_count() == 3);
    CHECK(fails(DLC_ERROR_ARGUMENT, "level 3", [&] { mask.level(3); }));
}

static void errors_and_sizes() {
    Golden golden("test/golden/b");
    dlc::Score score;
    CHECK(fails(DLC_ERROR_DATA, "label 1 of sample 2", [&] { score.set_samples({0, 0, 1}, 1); }));
    CHECK(std::strstr(score.message(), "sample 2"));
    score.set_samples(golden.labels, golden.classes());
    Floats few(3);
    CHECK(fails(DLC_ERROR_ARGUMENT, "scores of 3 elements, not 150", [&] { score.get_scores(few); }));
    score.set_head(DLC_HEAD_CENTROID, 16);
    CHECK(fails(DLC_ERROR_ARGUMENT, "centroids of 3 elements", [&] { score.set_centroids(few); }));
    dlc::Flexrand flexrand;
    CHECK(fails(DLC_ERROR_ARGUMENT, "scores of 3", [&] { flexrand.set_samples(golden.labels, few); }));
    CHECK(fails(DLC_ERROR_ARGUMENT, "ids of 1", [&] { flexrand.set_samples({0, 0, 1}, few, {5}); }));
    CHECK(fails(DLC_ERROR_STATE, "", [&] { flexrand.selection(); }));
    CHECK(fails(DLC_ERROR_ARGUMENT, "ids of 0", [&] { flexrand.set_samples({0, 0, 1}, few, Ints()); }));
    flexrand.set_unlabelled_samples({3, 1, 2}, {-7, 5, 9});
    flexrand.set_method(DLC_METHOD_EASY);
    flexrand.select_count(1);
    CHECK(flexrand.selection() == (Ints{1}));
    flexrand.set_unlabelled_samples(few);
    flexrand.set_method(DLC_METHOD_FLEXRAND);
    flexrand.set_samples({0, 0, 1}, few, {-7, 5, 9});
    flexrand.select_count(2);
    std::int64_t indices[2];
    std::int32_t intervals[2];
    flexrand.get_selection(DLC_ORDER_PICK, indices, intervals);
    CHECK(fails(DLC_ERROR_ARGUMENT, "indices of 1", [&] { flexrand.get_selection(DLC_ORDER_PICK, {indices, 1}); }));
    dlc::Run run;
    CHECK(fails(DLC_ERROR_ARGUMENT, "", [&] { run.set_forward(nullptr); }));
    CHECK(fails(DLC_ERROR_STATE, "", [&] { run.execute(); }));
    CHECK(fails(DLC_ERROR_IO, "no/such", [] { dlc::Npy("no/such"); }));

    Handles handles(golden);
    handles.run.set_memory_limit(1000);
    CHECK(fails(DLC_ERROR_LIMIT, "1000", [&] { handles.run.execute(); }));
    handles.run.set_memory_limit(0);
    handles.score.set_keep_curves(true);
    handles.run.set_auto(0.5);
    handles.run.execute();
    CHECK(handles.run.round_count() >= 2 && handles.run.round(0).visited == 2 &&
          std::isnan(handles.run.round(0).spearman));
    CHECK(handles.run.round(1).spearman > 0.5);
    CHECK(static_cast<std::int64_t>(handles.score.visited().size()) == handles.score.visited_count());
}

static void files(const std::string &work) {
    dlc::Npy npy;
    const Ints numbers{5, 6, 7, 8, 9, 10};
    npy.write(work + "/a.npy", numbers, {2, 3});
    npy.open(work + "/a.npy");
    CHECK(npy.dtype() == dlc::dtype_of<std::int64_t> && npy.shape() == (Ints{2, 3}) && npy.count() == 6);
    CHECK(npy.read_all_int64() == numbers && npy.read_all<std::int64_t>() == numbers);
    Ints two(2);
    npy.read(4, dlc::view<std::int64_t>(two));
    CHECK(two == (Ints{9, 10}));
    CHECK(fails(DLC_ERROR_ARGUMENT, "int64, not float32", [&] { npy.read_all<float>(); }));
    CHECK(fails(DLC_ERROR_ARGUMENT, "values of 6 elements, not 8", [&] { npy.write(work + "/b", numbers, {2, 4}); }));
    CHECK(!std::ifstream(work + "/b"));
    npy.write(work + "/scalar.npy", std::vector<double>{0.5}, dlc::view<const std::int64_t>{});
    npy.open(work + "/scalar.npy");
    CHECK(npy.rank() == 0 && npy.read_all<double>() == std::vector<double>{0.5});

    dlc::Safetensors weights("examples/demo/fashion_resnet.safetensors");
    const std::int64_t tensor = weights.find("layer2.0.conv1.weight");
    CHECK(tensor >= 0 && weights.name(tensor) == "layer2.0.conv1.weight" && weights.find("nothing") == -1);
    CHECK(weights.dtype(tensor) == DLC_DTYPE_F32 && weights.dtype_text(tensor) == "F32" && weights.rank(tensor) == 4);
    CHECK(weights.dim(tensor, 0) == 32 && weights.elements(tensor) == 32 * 16 * 9 && weights.masked_by_default(tensor));
    CHECK(weights.bytes(tensor) == weights.elements(tensor) * 4 && weights.name(weights.count()).empty());
    CHECK(!weights.metadata("nothing") && !weights.masked_by_default(weights.find("fc.weight")));
    weights.save(work + "/copy.safetensors");
    std::ifstream left("examples/demo/fashion_resnet.safetensors"), right(work + "/copy.safetensors");
    std::stringstream left_bytes, right_bytes;
    left_bytes << left.rdbuf();
    right_bytes << right.rdbuf();
    CHECK(left_bytes.str() == right_bytes.str() && left_bytes.str().size() > 100000);
}

static void images_and_encoder() {
    /* Pixels as Pillow reads them. */
    const std::vector<std::uint8_t> pixels = dlc::Npy("test/golden/files/pillow_grey.npy").read_all<std::uint8_t>();
    dlc::Images images;
    images.set_channels(1);
    images.set_threads(2);
    images.open("test/golden/files/png");
    Floats out(static_cast<std::size_t>(images.count() * images.image_floats()));
    images.read(0, images.count(), out.data());
    CHECK(out.size() == pixels.size());
    for (std::size_t i = 0; i < out.size(); i++)
        CHECK(out[i] == static_cast<float>(pixels[i]) / 255.0F);
    std::vector<std::uint8_t> one(static_cast<std::size_t>(images.image_floats()));
    images.read_pixels(0, one.data());
    CHECK(std::equal(one.begin(), one.end(), pixels.begin()));
    CHECK(images.class_name(0) == "alpha" && images.path(0).substr(0, 6) == "alpha/" && images.class_count() == 5);
    CHECK(images.labels().back() == 4 && images.label(0) == 0 && images.skipped_count() == 0);
    CHECK(fails(DLC_ERROR_ARGUMENT, "mean of 2", [&] { images.set_normalization({0.F, 0.F}, {1.F}); }));

    /* Features as PyTorch computes them. */
    dlc::Safetensors weights("test/golden/encoder/small.safetensors");
    dlc::Npy input("test/golden/encoder/small_images.npy");
    dlc::Encoder encoder;
    encoder.load(weights);
    const dlc::Safetensors moved(std::move(weights)); /* borrowed, and moved */
    CHECK(encoder.channels() == 3 && encoder.dim() == 10 && encoder.architecture().substr(0, 6) == "resnet");
    Floats features(static_cast<std::size_t>(input.dim(0) * encoder.dim()));
    encoder.forward(input.read_all<float>().data(), 0, input.dim(0), input.dim(2), input.dim(3), features.data());
    CHECK(close(features, dlc::Npy("test/golden/encoder/small_features.npy").read_all<float>(), 1e-4F));
}

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    return run_tests([&] {
        golden_results();
        observing_in_any_order();
        parts();
        responses();
        restoring();
        errors_and_sizes();
        files(argv[1]);
        images_and_encoder();
        CHECK(dlc::version_number() == DLC_VERSION_NUMBER);
        CHECK(std::strcmp(dlc::version_string(), dlc_version_string()) == 0);
        CHECK(dlc::dtype_size(DLC_DTYPE_BF16) == 2 && std::strcmp(dlc::dtype_name(DLC_DTYPE_BF16), "bfloat16") == 0);
    });
}
