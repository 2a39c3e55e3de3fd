/*
 * dlc_hpp_support.hpp - what the tests of dlc.hpp share: checks, an allocator that counts and fails, a run on the
 * golden data.
 */
#ifndef DLC_HPP_SUPPORT_HPP
#define DLC_HPP_SUPPORT_HPP

#include "dlc.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>

/* ---- The frame ---- */

inline long checks = 0;

inline void check(bool holds, const char *what, const char *file, int line) {
    checks++;
    if (!holds) {
        std::printf("%s:%d: %s\n", file, line, what);
        std::exit(EXIT_FAILURE);
    }
}
#define CHECK(condition) check((condition), #condition, __FILE__, __LINE__)

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

inline bool close(const Floats &left, const Floats &right, float tolerance) {
    return left.size() == right.size() &&
           std::equal(left.begin(), left.end(), right.begin(),
                      [tolerance](float a, float b) { return std::fabs(a - b) <= tolerance; });
}
inline bool same_bits(const Floats &left, const Floats &right) {
    return left.size() == right.size() && std::memcmp(left.data(), right.data(), left.size() * sizeof(float)) == 0;
}

/* Something that is no std::exception. */
struct Raised {
    std::shared_ptr<int> payload; /* the very object comes out, not a copy of its text */
};

/* The main() of a test program: runs `tests`. */
template <typename Tests> int run_tests(Tests tests) {
    try {
        tests();
    } catch (const std::exception &e) {
        std::printf("not expected: %s\n", e.what());
        return EXIT_FAILURE;
    }
    std::printf("%ld checks\n", checks);
    return EXIT_SUCCESS;
}

#endif
