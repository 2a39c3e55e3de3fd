/*
 * dlc_hpp_tests.cpp - tests of examples/cpp/dlc.hpp: that it says what the C API says (on the golden data), that what a
 * callback throws comes out whole with the weights intact, that handles move and die in any order, that memory running
 * out anywhere is an error and no leak, and that nothing is allocated behind the caller's back. Run from the top of the
 * repo by cpp.sh.
 */
#include "dlc.hpp"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <sstream>
#include <thread>

/* ---- Every allocation of the program is counted (not inlined: GCC would take the pair for a mismatch) ---- */

static std::atomic<long> allocations{0};

[[gnu::noinline]] void *operator new(std::size_t size) {
    allocations++;
    if (void *block = std::malloc(size ? size : 1))
        return block;
    throw std::bad_alloc();
}
[[gnu::noinline]] void operator delete(void *block) noexcept {
    std::free(block);
}
[[gnu::noinline]] void operator delete(void *block, std::size_t) noexcept {
    std::free(block);
}

/* ---- The frame ---- */

static long checks = 0;

static void check(bool holds, const char *what, int line) {
    checks++;
    if (!holds) {
        std::printf("dlc_hpp_tests.cpp:%d: %s\n", line, what);
        std::exit(EXIT_FAILURE);
    }
}
#define CHECK(condition) check((condition), #condition, __LINE__)

/* Whether `call` throws a dlc::error of that status whose message contains `text`. */
template <typename Call> bool fails(dlc_status status, const char *text, Call call) {
    try {
        call();
    } catch (const dlc::error &e) {
        if (e.status() == status && std::strcmp(e.name(), dlc_status_name(status)) == 0 && std::strstr(e.what(), text))
            return true;
        std::printf("%s: %s\n", e.name(), e.what());
    }
    return false;
}

/* A resource that counts, and has no memory for its block number `failing`. */
class Resource : public std::pmr::memory_resource {
  public:
    std::int64_t held = 0;
    std::int64_t blocks = 0;
    std::int64_t failing = -1;

  private:
    void *do_allocate(std::size_t bytes, std::size_t alignment) override {
        if (blocks++ == failing)
            throw std::bad_alloc();
        void *block = std::pmr::new_delete_resource()->allocate(bytes, alignment);
        held += static_cast<std::int64_t>(bytes);
        return block;
    }
    void do_deallocate(void *block, std::size_t bytes, std::size_t alignment) override {
        held -= static_cast<std::int64_t>(bytes);
        std::pmr::new_delete_resource()->deallocate(block, bytes, alignment);
    }
    bool do_is_equal(const memory_resource &other) const noexcept override { return this == &other; }
};

/* ---- A run on the golden data ---- */

using Floats = std::vector<float>;
using Ints = std::vector<std::int64_t>;

struct Golden {
    Floats x, w1, w2, expected, curves;
    Ints labels;

    explicit Golden(const std::string &folder)
        : x(dlc::Npy(folder + "/x.npy").read_all<float>()), w1(dlc::Npy(folder + "/w1.npy").read_all<float>()),
          w2(dlc::Npy(folder + "/w2.npy").read_all<float>()),
          expected(dlc::Npy(folder + "/score.npy").read_all<float>()),
          curves(dlc::Npy(folder + "/loss_curves.npy").read_all<float>()),
          labels(dlc::Npy(folder + "/labels.npy").read_all_int64()) {}

    std::int64_t classes() const { return *std::max_element(labels.begin(), labels.end()) + 1; }
    std::int64_t samples() const { return static_cast<std::int64_t>(labels.size()); }

    /* Fixed sizes of the golden model: 24 inputs, 48 hidden, 16 features. */
    void forward(std::int64_t first, std::int64_t rows, float *out) const {
        for (std::int64_t r = 0; r < rows; r++) {
            float hidden[48];
            for (std::size_t h = 0; h < 48; h++) {
                hidden[h] = 0;
                for (std::size_t i = 0; i < 24; i++)
                    hidden[h] += x[static_cast<std::size_t>(first + r) * 24 + i] * w1[h * 24 + i];
                hidden[h] = std::max(hidden[h], 0.0F);
            }
            for (std::size_t d = 0; d < 16; d++) {
                float sum = 0;
                for (std::size_t h = 0; h < 48; h++)
                    sum += hidden[h] * w2[d * 48 + h];
                out[static_cast<std::size_t>(r) * 16 + d] = sum;
            }
        }
    }
};

struct Handles {
    dlc::Mask mask;
    dlc::Score score;
    dlc::Run run;

    explicit Handles(Golden &golden, const char *schedule = "geometric:0.1x20") { set_up(golden, schedule); }
    Handles(Golden &golden, const char *schedule, const dlc::Allocator &allocator)
        : mask(allocator), score(allocator), run(allocator) {
        set_up(golden, schedule);
    }
    void set_up(Golden &golden, const char *schedule) {
        mask.set_schedule(schedule);
        mask.add_tensor("w1", golden.w1);
        mask.add_tensor("w2", golden.w2);
        score.set_samples(golden.labels, golden.classes());
        score.set_head(DLC_HEAD_CENTROID, 16);
        run.set_mask(mask);
        run.set_score(score);
        run.set_forward([&golden](std::int64_t, std::int64_t first, std::int64_t rows, float *out) {
            golden.forward(first, rows, out);
        });
    }
};

static bool close(const Floats &left, const Floats &right, float tolerance) {
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(),
                      [tolerance](float a, float b) { return std::fabs(a - b) <= tolerance; });
}
static bool same_bits(const Floats &left, const Floats &right) {
    return left.size() == right.size() && std::memcmp(left.data(), right.data(), left.size() * sizeof(float)) == 0;
}

/* ---- The tests ---- */

static void golden_results() {
    Golden golden("test/golden/b");
    Handles handles(golden);
    handles.score.set_keep_curves(true);
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

struct Raised {
    std::shared_ptr<int> payload; /* the very object comes out, not a copy of its text */
};

/* What is thrown at call k of forward, for every k, comes out; then the same handles do their work. */
static void forward_throws() {
    Golden golden("test/golden/b");
    const Floats w1 = golden.w1, w2 = golden.w2;
    Handles handles(golden, "geometric:0.1x6");
    handles.run.execute();
    const Floats scores = handles.score.scores();
    int at = -1, calls = 0;
    std::shared_ptr<int> payload;
    handles.run.set_forward([&](std::int64_t, std::int64_t first, std::int64_t rows, float *out) {
        if (calls++ == at)
            throw Raised{payload};
        golden.forward(first, rows, out);
    });
    handles.run.execute();
    const int all = calls;
    CHECK(all == 18);
    for (at = 0; at < all; at++) {
        calls = 0;
        payload = std::make_shared<int>(at);
        bool raised = false;
        try {
            handles.run.execute();
        } catch (const Raised &e) {
            raised = e.payload == payload;
        }
        CHECK(raised && calls == at + 1);
        CHECK(payload.use_count() == 1); /* nothing of it is held on to */
        CHECK(same_bits(golden.w1, w1) && same_bits(golden.w2, w2));
        CHECK(handles.mask.current_level() == -1);
        CHECK(fails(DLC_ERROR_STATE, "", [&] { handles.score.scores(); }));
    }
    at = -1;
    handles.run.execute();
    CHECK(same_bits(handles.score.scores(), scores));
}

static void progress_throws_and_stops() {
    Golden golden("test/golden/b");
    const Floats w1 = golden.w1, w2 = golden.w2;
    Handles handles(golden, "geometric:0.1x6");
    int at = -1, calls = 0;
    bool stop = false;
    handles.run.set_progress([&](std::int64_t pass, std::int64_t passes, std::int64_t done, std::int64_t samples) {
        CHECK(pass < passes && done <= samples && samples == golden.samples());
        if (calls++ != at)
            return true;
        if (!stop)
            throw at; /* nothing of std */
        return false;
    });
    handles.run.execute();
    const int all = calls;
    const Floats scores = handles.score.scores();
    CHECK(all >= 18);
    for (at = 0; at < all; at++) {
        for (const bool how : {false, true}) {
            stop = how;
            calls = 0;
            int caught = -1;
            try {
                handles.run.execute();
            } catch (int thrown) {
                caught = thrown;
            } catch (const dlc::error &e) {
                caught = e.status();
            }
            CHECK(caught == (stop ? DLC_ERROR_CANCELLED : at) && calls == at + 1);
            CHECK(same_bits(golden.w1, w1) && same_bits(golden.w2, w2));
        }
    }
    handles.run.set_progress(nullptr);
    calls = 0;
    handles.run.execute();
    CHECK(calls == 0 && same_bits(handles.score.scores(), scores));
}

static void cancelling() {
    Golden golden("test/golden/b");
    const Floats w1 = golden.w1;
    Handles handles(golden);
    std::atomic<bool> running{false};
    handles.run.set_forward([&](std::int64_t level, std::int64_t first, std::int64_t rows, float *out) {
        running = true;
        while (level == 3 && running) /* until the other thread has cancelled */
            std::this_thread::yield();
        golden.forward(first, rows, out);
    });
    std::thread other([&] {
        while (!running)
            std::this_thread::yield();
        handles.run.cancel();
        running = false;
    });
    CHECK(fails(DLC_ERROR_CANCELLED, "cancelled", [&] { handles.run.execute(); }));
    other.join();
    CHECK(same_bits(golden.w1, w1));

    static dlc::Run *interrupted = &handles.run;
    std::signal(SIGUSR1, [](int) { interrupted->cancel(); });
    handles.run.set_forward([&](std::int64_t, std::int64_t first, std::int64_t rows, float *out) {
        std::raise(SIGUSR1);
        golden.forward(first, rows, out);
    });
    CHECK(fails(DLC_ERROR_CANCELLED, "cancelled", [&] { handles.run.execute(); }));
    std::signal(SIGUSR1, SIG_DFL);
    CHECK(same_bits(golden.w1, w1));
}

template <typename T> void is_move_only() {
    static_assert(!std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T>);
    static_assert(std::is_nothrow_move_constructible_v<T> && std::is_nothrow_move_assignable_v<T>);
    T left, right;
    auto *handle = left.get();
    T moved(std::move(left));
    CHECK(moved.get() == handle && moved && !left && left.get() == nullptr);
    CHECK(std::strcmp(left.message(), "the handle is NULL") == 0 && *moved.message() == 0);
    right = std::move(moved);
    CHECK(right.get() == handle && !moved);
    T &itself = right;
    right = std::move(itself);
    CHECK(right.get() == handle);
    left = std::move(right);
    CHECK(left.get() == handle);
    std::swap(left, right);
    CHECK(right.get() == handle && !left);
    left = T();
    CHECK(left && left.get() != handle);
}

static void moving() {
    is_move_only<dlc::Mask>();
    is_move_only<dlc::Score>();
    is_move_only<dlc::Run>();
    is_move_only<dlc::Flexrand>();
    is_move_only<dlc::Npy>();
    is_move_only<dlc::Safetensors>();
    is_move_only<dlc::Images>();
    is_move_only<dlc::Encoder>();
    is_move_only<dlc::Response>();

    /* A run goes on with what was moved; its callbacks move with it. */
    Golden golden("test/golden/b");
    Handles handles(golden);
    int calls = 0;
    handles.run.set_forward(
        [&, owned = std::make_shared<int>(7)](std::int64_t, std::int64_t first, std::int64_t rows, float *out) {
            calls += *owned;
            golden.forward(first, rows, out);
        });
    dlc::Mask mask(std::move(handles.mask));
    dlc::Score score(std::move(handles.score));
    std::vector<dlc::Run> runs;
    runs.push_back(std::move(handles.run));
    runs.emplace_back();
    runs.emplace_back(); /* the vector grows: the first is moved again */
    dlc::Run &itself = runs.front();
    runs.front() = std::move(itself);
    runs.front().execute();
    CHECK(calls == 7 * 60 && close(score.scores(), golden.expected, 1e-6F));

    /* Everything that can fail refuses a handle that was moved from; the rest does no harm. */
    const auto refused = [](auto call) { return fails(DLC_ERROR_ARGUMENT, "NULL", call); };
    CHECK(refused([&] { handles.mask.plan(); }) && refused([&] { handles.mask.add_tensor("w", golden.w1); }));
    CHECK(refused([&] { handles.mask.level(0); }) && refused([&] { handles.mask.restore(); }));
    CHECK(refused([&] { handles.score.scores(); }) && refused([&] { handles.score.set_samples(golden.labels, 9); }));
    CHECK(refused([&] { handles.score.get_scores(golden.expected); }) && refused([&] { handles.score.curves(); }));
    CHECK(refused([&] { handles.score.centroids(); }) && refused([&] { handles.score.observe({0}, nullptr); }));
    CHECK(refused([&] { handles.run.execute(); }) && refused([&] { handles.run.memory_estimate(); }));
    CHECK(refused([&] { handles.run.set_forward([](std::int64_t, std::int64_t, std::int64_t, float *) {}); }));
    CHECK(refused([&] { handles.run.set_progress(nullptr); }) && refused([&] { handles.run.round(0); }));
    handles.run.cancel();
    CHECK(handles.mask.tensor_count() == -1 && handles.run.round_count() == -1);
    dlc::Npy npy, other(std::move(npy));
    CHECK(refused([&] { npy.read_all<float>(); }) && refused([&] { npy.open("x"); }) && npy.shape().empty());
    CHECK(refused([&] { npy.write("x", golden.w1); }));
    dlc::Images images, moved_images(std::move(images));
    CHECK(refused([&] { images.open("x"); }) && refused([&] { images.set_normalization({0.F}, {1.F}); }));
    CHECK(images.labels().empty() && images.class_name(0).empty());
    dlc::Encoder encoder, moved_encoder(std::move(encoder));
    dlc::Safetensors file;
    CHECK(refused([&] { encoder.load(file); }) && encoder.architecture().empty());
    dlc::Flexrand flexrand, moved_flexrand(std::move(flexrand));
    CHECK(refused([&] { flexrand.selection(); }) && refused([&] { flexrand.set_gamma(0.5); }));
}

/* Four handles that borrow one another are destroyed in each of the 24 orders, used or not. */
static void dying_in_any_order() {
    Golden golden("test/golden/b");
    for (const bool used : {false, true}) {
        int order[] = {0, 1, 2, 3};
        do {
            Resource resource;
            {
                auto allocator = std::make_optional<dlc::Allocator>(&resource);
                auto mask = std::make_optional<dlc::Mask>(*allocator);
                auto score = std::make_optional<dlc::Score>(*allocator);
                auto run = std::make_optional<dlc::Run>(*allocator);
                mask->set_schedule("list:0,0.5");
                mask->add_tensor("w1", golden.w1);
                score->set_samples(golden.labels, golden.classes());
                score->set_head(DLC_HEAD_CENTROID, 16);
                run->set_mask(*mask);
                run->set_score(*score);
                run->set_forward([&](std::int64_t, std::int64_t first, std::int64_t rows, float *out) {
                    golden.forward(first, rows, out);
                });
                if (used)
                    run->execute();
                for (const int which : order) {
                    if (which == 0)
                        mask.reset();
                    else if (which == 1)
                        score.reset();
                    else if (which == 2)
                        run.reset();
                    else
                        allocator.reset();
                }
            }
            CHECK(resource.held == 0 && resource.blocks >= 4);
        } while (std::next_permutation(order, order + 4));
    }
}

/* Block number k cannot be had, for every k until all can: an error, no leak, weights intact. */
static void memory_runs_out() {
    Golden golden("test/golden/b");
    const Floats w1 = golden.w1, w2 = golden.w2;
    Resource resource;
    bool done = false;
    int failures = 0;
    for (std::int64_t k = 0; !done; k++) {
        resource.blocks = 0;
        resource.failing = k;
        try {
            Handles handles(golden, "geometric:0.1x3", dlc::Allocator(&resource));
            handles.run.execute();
            done = resource.blocks <= k; /* else the run did without that block */
        } catch (const dlc::error &e) {
            CHECK(e.status() == DLC_ERROR_MEMORY);
            failures++;
        }
        CHECK(resource.held == 0 && same_bits(golden.w1, w1) && same_bits(golden.w2, w2));
    }
    CHECK(failures > 10);

    /* Once there is memory again the same handles do their work. */
    resource.failing = -1;
    Handles handles(golden, "geometric:0.1x20", dlc::Allocator(&resource));
    resource.failing = resource.blocks + 4;
    CHECK(fails(DLC_ERROR_MEMORY, "out of memory", [&] { handles.run.execute(); }));
    handles.run.execute();
    CHECK(close(handles.score.scores(), golden.expected, 1e-6F));

    /* Callbacks in the manner of C. */
    static const dlc_allocate_callback none = [](void *, std::int64_t, void **) {};
    static const dlc_release_callback never = [](void *, void *) {};
    CHECK(fails(DLC_ERROR_MEMORY, "", [&] { dlc::Allocator(none, never, nullptr); }));
    CHECK(fails(DLC_ERROR_ARGUMENT, "", [&] { dlc::Allocator(nullptr, never, nullptr); }));
}

/* What is said to allocate nothing does not. */
static void no_hidden_allocations() {
    Golden golden("test/golden/b");
    Handles handles(golden);
    Floats scores(golden.labels.size());
    Ints pick(15);
    dlc::Flexrand flexrand;
    dlc::Npy npy;
    const long before = allocations;
    handles.run.execute();
    handles.score.get_scores(scores);
    flexrand.set_samples(golden.labels, scores);
    flexrand.select_keep(0.1);
    flexrand.get_selection(DLC_ORDER_INDEX, pick);
    npy.open("test/golden/b/x.npy");
    npy.read(0, dlc::view<float>(scores));
    dlc::Mask mask;
    mask.add_tensor("a name that is far too long for the small buffer of a string", golden.w1);
    mask.set_list({0, 0.5});
    CHECK(allocations == before);
    handles.score.scores();
    CHECK(allocations == before + 1);
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

/* Checkpoints in memory: a run that stops goes on; what a checkpoint callback throws, at every call, comes out. */
static void checkpoints(const std::string &work) {
    Golden golden("test/golden/b");
    const Floats w1 = golden.w1, w2 = golden.w2;
    Handles handles(golden);
    handles.run.execute();
    const Floats scores = handles.score.scores();

    std::vector<std::byte> stored, written;
    std::size_t place = 0;
    int calls = 0, at = -1, batches = 0, enough = 31;
    const auto write = [&](std::int32_t step, dlc::view<const std::byte> data) {
        if (calls++ == at)
            throw at;
        if (step == DLC_CHECKPOINT_BEGIN)
            written.clear();
        written.insert(written.end(), data.data(), data.data() + data.size());
        if (step == DLC_CHECKPOINT_COMMIT)
            stored = written;
    };
    const auto read = [&](dlc::view<std::byte> room) {
        if (calls++ == at)
            throw at;
        const std::size_t count = std::min(static_cast<std::size_t>(room.size()), stored.size() - place);
        std::copy_n(stored.data() + place, count, room.data());
        place += count;
        return static_cast<std::int64_t>(count);
    };
    const auto execute = [&] {
        place = 0;
        calls = batches = 0;
        handles.run.execute();
    };
    handles.run.set_checkpoint(write, read);
    handles.run.add_fingerprint("data", "golden b");
    handles.run.set_forward([&](std::int64_t, std::int64_t first, std::int64_t rows, float *out) {
        if (batches++ == enough)
            throw std::string("enough");
        golden.forward(first, rows, out);
    });
    std::string thrown;
    try {
        execute();
    } catch (const std::string &text) {
        thrown = text;
    }
    CHECK(thrown == "enough" && handles.run.resumed_pass() == -1 && !stored.empty());
    execute();
    CHECK(handles.run.resumed_pass() == 11 && handles.run.resumed_samples() == 64 && batches == 29);
    CHECK(same_bits(handles.score.scores(), scores));
    execute();
    CHECK(batches == 0 && same_bits(handles.score.scores(), scores));

    enough = -1;
    handles.run.set_checkpoint_interval(0);
    stored.clear();
    execute();
    const int all = std::min(calls, 120); /* every kind of call comes long before */
    CHECK(all > 60);
    for (at = 0; at < all; at++) {
        stored.clear();
        int caught = -1;
        try {
            execute();
        } catch (int value) {
            caught = value;
        }
        CHECK(caught == at && same_bits(golden.w1, w1) && same_bits(golden.w2, w2));
    }
    at = -1;
    handles.run.set_checkpoint(nullptr, nullptr);
    execute();
    CHECK(calls == 0 && same_bits(handles.score.scores(), scores));

    handles.run.set_checkpoint_file(work + "/run.ckpt");
    execute();
    Handles other(golden, "geometric:0.1x19");
    other.run.add_fingerprint("data", "golden b");
    other.run.set_checkpoint_file(work + "/run.ckpt");
    CHECK(fails(DLC_ERROR_STATE, "differs", [&] { other.run.execute(); }));
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

int main(int argc, char **argv) try {
    if (argc != 2)
        return 2;
    golden_results();
    observing_in_any_order();
    forward_throws();
    progress_throws_and_stops();
    cancelling();
    moving();
    dying_in_any_order();
    memory_runs_out();
    no_hidden_allocations();
    restoring();
    errors_and_sizes();
    parts();
    checkpoints(argv[1]);
    responses();
    files(argv[1]);
    images_and_encoder();
    CHECK(dlc::version_number() == DLC_VERSION_NUMBER && std::strcmp(dlc::version_string(), dlc_version_string()) == 0);
    CHECK(dlc::dtype_size(DLC_DTYPE_BF16) == 2 && std::strcmp(dlc::dtype_name(DLC_DTYPE_BF16), "bfloat16") == 0);
    std::printf("%ld checks\n", checks);
    return 0;
} catch (const std::exception &e) {
    std::printf("not expected: %s\n", e.what());
    return 1;
}
