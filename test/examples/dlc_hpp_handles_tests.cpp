/*
 * dlc_hpp_handles_tests.cpp - tests of what examples/cpp/dlc.hpp adds to the C API: what a callback throws comes out
 * whole with the weights intact, handles move and die in any order, memory running out anywhere is an error and no
 * leak, and nothing is allocated behind the caller's back. Run from the top of the repo by cpp.sh, with a folder to
 * write to.
 */
#include "dlc_hpp_support.hpp"

#include <atomic>
#include <csignal>
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

/* ---- The tests ---- */

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

int main(int argc, char **argv) {
    if (argc != 2)
        return 2;
    return run_tests([&] {
        forward_throws();
        progress_throws_and_stops();
        cancelling();
        checkpoints(argv[1]);
        moving();
        dying_in_any_order();
        memory_runs_out();
        no_hidden_allocations();
    });
}
