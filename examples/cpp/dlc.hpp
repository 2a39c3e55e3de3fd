/*
 * dlc.hpp - libdlc for C++17 and later: handles that clean up after themselves, exceptions, lambdas as callbacks.
 *
 * One header over the C API, nothing to link but libdlc: copy it into your project. Every handle is a class, every
 * function a method: dlc_mask_set_seed(mask, 7) is mask.set_seed(7), and a dlc_score_get_scores() that fills an array
 * is there as get_scores(array) and as scores(), which returns a vector. What the functions do, their shapes, units,
 * errors and thread rules stand in the C headers; here stands only what differs.
 *
 * Errors. A status below 0 becomes a dlc::error with status and message. Getters that cannot fail in C do not throw
 * here, and give what C gives: -1 where there is nothing; texts are a std::string_view, empty where C has NULL. A
 * status says DLC_ERROR_MEMORY and not std::bad_alloc where it was libdlc that ran out of memory.
 *
 * Handles are moved, never copied. One that was moved from is NULL: it can be assigned to and destroyed; every call
 * that can fail throws DLC_ERROR_ARGUMENT. Moving does not move the handle in C, so a run goes on borrowing a mask that
 * was moved. What is borrowed - the weights by a mask, mask and score by a run, the file by an encoder - must outlive
 * its last use, not the handle's end: handles may be destroyed in any order.
 *
 * Callbacks may throw. libdlc's C frames are never unwound: the exception is held while the run stops and puts the
 * weights back, and then thrown on, the very object, by Run::execute().
 *
 * Arrays are dlc::view: a pointer and a size, made by itself from std::vector, std::array, std::span and C arrays, or
 * from {pointer, size}. Nothing is copied on the way. Sizes that do not fit are DLC_ERROR_ARGUMENT. Batches, whose
 * shape only the model knows, are plain pointers. Memory is allocated by libdlc as it says, by functions that return a
 * std::vector, by set_forward() and set_progress() for the callable, and for the text of an exception.
 */
#ifndef DLC_HPP
#define DLC_HPP

#include <dlc/dlc.h>

#include <cstddef>
#include <cstdint>
#include <exception>
#include <functional>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <new>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>
#if __has_include(<memory_resource>)
#include <memory_resource>
#endif

namespace dlc {

/* ---- Errors ---- */

/* what() is the message of the handle: "label 12 of sample 40711 is not below 10 classes". */
class error : public std::runtime_error {
  public:
    error(dlc_status status, const char *message) : std::runtime_error(message), status_(status) {}
    dlc_status status() const noexcept { return status_; }
    /* "DLC_ERROR_DATA" */
    const char *name() const noexcept { return dlc_status_name(status_); }

  private:
    dlc_status status_;
};

/* ---- Arrays and texts on their way to C ---- */

/* A borrowed array of T, const or not. */
template <typename T> class view {
  public:
    constexpr view() noexcept = default;
    constexpr view(T *data, std::int64_t size) noexcept : data_(data), size_(size) {}
    /* Anything contiguous that has std::data() and std::size(). */
    template <typename Container,
              typename = std::enable_if_t<
                  !std::is_same_v<std::decay_t<Container>, view> &&
                  std::is_convertible_v<std::remove_pointer_t<decltype(std::data(std::declval<Container &>()))> (*)[],
                                        T (*)[]>>>
    constexpr view(Container &&container) noexcept
        : data_(std::data(container)), size_(static_cast<std::int64_t>(std::size(container))) {}
    /* {0.1, 0.5}: for the length of the call that it is passed to. */
    template <typename U = T, typename = std::enable_if_t<std::is_const_v<U>>>
    constexpr view(std::initializer_list<std::remove_const_t<U>> list) noexcept
        : data_(std::data(list)), size_(static_cast<std::int64_t>(list.size())) {}
    constexpr T *data() const noexcept { return data_; }
    constexpr std::int64_t size() const noexcept { return size_; }

  private:
    T *data_ = nullptr;
    std::int64_t size_ = 0;
};

/* A borrowed name or path that ends in NUL: a literal or a std::string. */
class text {
  public:
    text(const char *characters) noexcept : characters_(characters) {}
    text(const std::string &characters) noexcept : characters_(characters.c_str()) {}
    const char *c_str() const noexcept { return characters_; }

  private:
    const char *characters_;
};

/* DLC_DTYPE_* of a C++ type. (float16 and bfloat16 have none: use the functions that take a dtype.) */
template <typename T> inline constexpr std::int32_t dtype_of = DLC_DTYPE_OTHER;
template <> inline constexpr std::int32_t dtype_of<float> = DLC_DTYPE_F32;
template <> inline constexpr std::int32_t dtype_of<double> = DLC_DTYPE_F64;
template <> inline constexpr std::int32_t dtype_of<std::int64_t> = DLC_DTYPE_I64;
template <> inline constexpr std::int32_t dtype_of<std::int32_t> = DLC_DTYPE_I32;
template <> inline constexpr std::int32_t dtype_of<std::uint8_t> = DLC_DTYPE_U8;

inline std::int64_t dtype_size(std::int32_t dtype) noexcept {
    return dlc_dtype_size(dtype);
}
inline const char *dtype_name(std::int32_t dtype) noexcept {
    return dlc_dtype_name(dtype);
}

/* The library that runs; DLC_VERSION_* are those of the headers. */
inline std::int32_t version_number() noexcept {
    return dlc_version_number();
}
inline const char *version_string() noexcept {
    return dlc_version_string();
}

namespace detail {

inline std::string_view borrowed(const char *characters) noexcept {
    return characters ? std::string_view(characters) : std::string_view();
}

inline void check_size(const char *what, std::int64_t size, std::int64_t expected) {
    if (size != expected)
        throw error(
            DLC_ERROR_ARGUMENT,
            (std::string(what) + " of " + std::to_string(size) + " elements, not " + std::to_string(expected)).c_str());
}

/* A vector for `count` results: of none where C says -1, and the call that is to fill it fails. */
template <typename T> std::vector<T> vector_of(std::int64_t count) {
    return std::vector<T>(static_cast<std::size_t>(count > 0 ? count : 0));
}

} // namespace detail

/* ---- Allocators ---- */

/* Where handles get their memory: Mask mask(allocator). Needed only until they are created. */
class Allocator {
  public:
    Allocator(dlc_allocate_callback allocate, dlc_release_callback release, void *user) {
        create(allocate, release, user);
    }
#ifdef __cpp_lib_memory_resource
    /* Everything from `resource`, which must outlive the handles, and must allow several threads at once where a handle
     * is given several. What it throws becomes DLC_ERROR_MEMORY. */
    explicit Allocator(std::pmr::memory_resource *resource) {
        create(allocate_from_resource, release_to_resource, resource);
    }
#endif
    const dlc_allocator *get() const noexcept {
        return allocator_.get();
    }

  private:
    struct release_handle {
        void operator()(dlc_allocator *allocator) const noexcept { dlc_allocator_free(allocator); }
    };
    std::unique_ptr<dlc_allocator, release_handle> allocator_;

    void create(dlc_allocate_callback allocate, dlc_release_callback release, void *user) {
        dlc_allocator *allocator = nullptr;
        const dlc_status status = dlc_allocator_create(allocate, release, user, &allocator);
        if (status < 0)
            throw error(status, dlc_status_text(status));
        allocator_.reset(allocator);
    }

#ifdef __cpp_lib_memory_resource
    /* A resource wants a block's size back, which C does not keep: it stands in front of the block. */
    static constexpr std::size_t alignment = alignof(std::max_align_t);
    static constexpr std::size_t head = alignment > sizeof(std::size_t) ? alignment : sizeof(std::size_t);

    static void allocate_from_resource(void *user, std::int64_t size, void **result) noexcept {
        if (static_cast<std::uint64_t>(size) > std::numeric_limits<std::size_t>::max() - head)
            return;
        try {
            const std::size_t whole = static_cast<std::size_t>(size) + head;
            void *block = static_cast<std::pmr::memory_resource *>(user)->allocate(whole, alignment);
            ::new (block) std::size_t(whole);
            *result = static_cast<std::byte *>(block) + head;
        } catch (...) { /* *result stays NULL: no memory */
        }
    }
    static void release_to_resource(void *user, void *result) noexcept {
        void *block = static_cast<std::byte *>(result) - head;
        const std::size_t whole = *std::launder(static_cast<std::size_t *>(block));
        static_cast<std::pmr::memory_resource *>(user)->deallocate(block, whole, alignment);
    }
#endif
};

/* ---- What all handles have in common ---- */

template <typename C, dlc_status (*Create)(const dlc_allocator *, C **), void (*Free)(C *),
          const char *(*Message)(const C *)>
class Handle {
  public:
    /* The handle in C, for functions that have no method here; NULL once moved from. */
    C *get() const noexcept { return handle_.get(); }
    explicit operator bool() const noexcept { return handle_ != nullptr; }
    /* What the last failed call said. */
    const char *message() const noexcept { return Message(get()); }

  protected:
    explicit Handle(const dlc_allocator *allocator) {
        C *handle = nullptr;
        const dlc_status status = Create(allocator, &handle);
        if (status < 0) /* of a module that the build left out, the message says so */
            throw error(status, status == DLC_ERROR_UNSUPPORTED ? Message(nullptr) : dlc_status_text(status));
        handle_.reset(handle);
    }
    Handle(Handle &&) noexcept = default;
    Handle &operator=(Handle &&) noexcept = default;
    ~Handle() = default;

    void check(dlc_status status) const {
        if (status < 0)
            throw error(status, Message(get()));
    }

  private:
    struct release_handle {
        void operator()(C *handle) const noexcept { Free(handle); }
    };
    std::unique_ptr<C, release_handle> handle_;
};

/* ---- dlc/mask.h ---- */

class Mask : public Handle<dlc_mask, dlc_mask_create, dlc_mask_free, dlc_mask_message> {
  public:
    struct Level {
        std::int64_t kept;
        double capacity;
        double threshold;
    };

    Mask() : Handle(nullptr) {}
    explicit Mask(const Allocator &allocator) : Handle(allocator.get()) {}

    /* The weights are borrowed until the mask is used no more: a vector must not grow meanwhile. */
    void add_tensor(text name, std::int32_t dtype, void *data, std::int64_t count, bool maskable = true) {
        check(dlc_mask_add_tensor(get(), name.c_str(), dtype, data, count, maskable));
    }
    void add_tensor(text name, view<float> weights, bool maskable = true) {
        add_tensor(name, DLC_DTYPE_F32, weights.data(), weights.size(), maskable);
    }
    void add_tensor(text name, view<double> weights, bool maskable = true) {
        add_tensor(name, DLC_DTYPE_F64, weights.data(), weights.size(), maskable);
    }
    std::int64_t tensor_count() const noexcept { return dlc_mask_tensor_count(get()); }

    void set_criterion(std::int32_t criterion) { check(dlc_mask_set_criterion(get(), criterion)); }
    void set_seed(std::uint64_t seed) { check(dlc_mask_set_seed(get(), seed)); }
    void set_threads(std::int32_t threads) { check(dlc_mask_set_threads(get(), threads)); }
    void set_geometric(double amount, std::int64_t levels) { check(dlc_mask_set_geometric(get(), amount, levels)); }
    void set_linear(double first, double last, std::int64_t levels) {
        check(dlc_mask_set_linear(get(), first, last, levels));
    }
    void set_list(view<const double> shares) { check(dlc_mask_set_list(get(), shares.data(), shares.size())); }
    void set_schedule(text spec) { check(dlc_mask_set_schedule(get(), spec.c_str())); }

    void plan() { check(dlc_mask_plan(get())); }
    std::int64_t level_count() const noexcept { return dlc_mask_level_count(get()); }
    std::int64_t weight_count() const noexcept { return dlc_mask_weight_count(get()); }
    Level level(std::int64_t level) {
        Level result{};
        check(dlc_mask_get_level(get(), level, &result.kept, &result.capacity, &result.threshold));
        return result;
    }
    std::int64_t ties(std::int64_t level, std::int64_t tensor) {
        std::int64_t result = 0;
        check(dlc_mask_get_ties(get(), level, tensor, &result));
        return result;
    }
    std::int64_t memory_estimate() {
        std::int64_t bytes = 0;
        check(dlc_mask_memory_estimate(get(), &bytes));
        return bytes;
    }

    /* See Restore below for levels that are applied by hand. */
    void apply(std::int64_t level) { check(dlc_mask_apply(get(), level)); }
    void restore() { check(dlc_mask_restore(get())); }
    std::int64_t current_level() const noexcept { return dlc_mask_current_level(get()); }
    /* out: as many elements of the tensor's dtype as were registered. */
    void copy(std::int64_t level, std::int64_t tensor, void *out) { check(dlc_mask_copy(get(), level, tensor, out)); }
};

/*
 * Puts the weights back at the end of a scope, however it is left. The mask itself never does: its weights may be gone
 * by the time it is destroyed.
 *
 *     dlc::Restore restore(mask);
 *     mask.apply(level);
 *     ... the model, which may throw
 */
class Restore {
  public:
    explicit Restore(Mask &mask) noexcept : mask_(mask.get()) {}
    ~Restore() { dlc_mask_restore(mask_); }
    Restore(const Restore &) = delete;
    Restore &operator=(const Restore &) = delete;

  private:
    dlc_mask *mask_;
};

/* ---- dlc/score.h ---- */

class Score : public Handle<dlc_score, dlc_score_create, dlc_score_free, dlc_score_message> {
  public:
    Score() : Handle(nullptr) {}
    explicit Score(const Allocator &allocator) : Handle(allocator.get()) {}

    void set_samples(view<const std::int64_t> labels, std::int64_t classes) {
        check(dlc_score_set_samples(get(), labels.size(), labels.data(), classes));
    }
    /* Samples without labels, for head loss. */
    void set_samples(std::int64_t samples) { check(dlc_score_set_samples(get(), samples, nullptr, 0)); }
    void set_range(std::int64_t first) { check(dlc_score_set_range(get(), first)); }
    void set_head(std::int32_t head, std::int64_t width) { check(dlc_score_set_head(get(), head, width)); }
    void set_observation(std::int32_t observation) { check(dlc_score_set_observation(get(), observation)); }
    void set_levels(std::int64_t levels) { check(dlc_score_set_levels(get(), levels)); }
    void set_keep_curves(bool keep) { check(dlc_score_set_keep_curves(get(), keep)); }
    void set_threads(std::int32_t threads) { check(dlc_score_set_threads(get(), threads)); }
    std::int64_t sample_count() const noexcept { return dlc_score_sample_count(get()); }
    std::int64_t class_count() const noexcept { return dlc_score_class_count(get()); }
    std::int64_t width() const noexcept { return dlc_score_width(get()); }
    std::int32_t head() const noexcept { return dlc_score_head(get()); }
    std::int64_t memory_estimate() {
        std::int64_t bytes = 0;
        check(dlc_score_memory_estimate(get(), &bytes));
        return bytes;
    }

    /* Batches, here and in observe(): samples first, first + 1, ..., or those listed. stride: floats from one row to
     * the next; 0: the width. */
    void add_features(std::int64_t first, std::int64_t rows, const float *data, std::int64_t stride = 0) {
        check(dlc_score_add_features(get(), first, nullptr, rows, data, stride_or_width(stride)));
    }
    void add_features(view<const std::int64_t> samples, const float *data, std::int64_t stride = 0) {
        check(dlc_score_add_features(get(), 0, samples.data(), samples.size(), data, stride_or_width(stride)));
    }
    void finish_centroids() { check(dlc_score_finish_centroids(get())); }
    void set_centroids(view<const float> centroids) {
        check_array("centroids", centroids.size(), class_count(), width());
        check(dlc_score_set_centroids(get(), centroids.data()));
    }
    bool has_centroids() const noexcept { return dlc_score_has_centroids(get()) == 1; }
    void get_centroids(view<float> centroids) {
        check_array("centroids", centroids.size(), class_count(), width());
        check(dlc_score_get_centroids(get(), centroids.data()));
    }
    std::vector<float> centroids() { return filled<float>(dlc_score_get_centroids, class_count() * width()); }

    std::int64_t sums_size() {
        std::int64_t bytes = 0;
        check(dlc_score_sums_size(get(), &bytes));
        return bytes;
    }
    std::vector<std::byte> export_sums() {
        std::vector<std::byte> sums = detail::vector_of<std::byte>(sums_size());
        check(dlc_score_export_sums(get(), sums.data(), static_cast<std::int64_t>(sums.size())));
        return sums;
    }
    /* Needs no Score. */
    static void merge_sums(view<std::byte> into, view<const std::byte> from) {
        detail::check_size("sums", from.size(), into.size());
        const dlc_status status = dlc_score_merge_sums(into.data(), from.data(), into.size());
        if (status < 0)
            throw error(status, dlc_status_text(status));
    }
    void import_sums(view<const std::byte> sums) { check(dlc_score_import_sums(get(), sums.data(), sums.size())); }

    void begin_level(std::int64_t level) { check(dlc_score_begin_level(get(), level)); }
    void observe(std::int64_t first, std::int64_t rows, const float *data, std::int64_t stride = 0) {
        check(dlc_score_observe(get(), first, nullptr, rows, data, stride_or_width(stride)));
    }
    void observe(view<const std::int64_t> samples, const float *data, std::int64_t stride = 0) {
        check(dlc_score_observe(get(), 0, samples.data(), samples.size(), data, stride_or_width(stride)));
    }
    void end_level() { check(dlc_score_end_level(get())); }
    void close() { check(dlc_score_close(get())); }
    void reset() { check(dlc_score_reset(get())); }

    std::int64_t visited_count() const noexcept { return dlc_score_visited_count(get()); }
    void get_visited(view<std::int64_t> levels) {
        check_array("levels", levels.size(), visited_count(), 1);
        check(dlc_score_get_visited(get(), levels.data()));
    }
    std::vector<std::int64_t> visited() { return filled<std::int64_t>(dlc_score_get_visited, visited_count()); }
    void get_scores(view<float> scores) {
        check_array("scores", scores.size(), sample_count(), 1);
        check(dlc_score_get_scores(get(), scores.data()));
    }
    std::vector<float> scores() { return filled<float>(dlc_score_get_scores, sample_count()); }
    void get_estimate(view<float> scores) {
        check_array("scores", scores.size(), sample_count(), 1);
        check(dlc_score_get_estimate(get(), scores.data()));
    }
    std::vector<float> estimate() { return filled<float>(dlc_score_get_estimate, sample_count()); }
    /* A row of samples for every level that was visited. */
    void get_curves(view<float> curves) {
        check_array("curves", curves.size(), visited_count(), sample_count());
        check(dlc_score_get_curves(get(), curves.data()));
    }
    std::vector<float> curves() { return filled<float>(dlc_score_get_curves, visited_count() * sample_count()); }
    void get_correct_counts(view<std::int32_t> counts) {
        check_array("counts", counts.size(), sample_count(), 1);
        check(dlc_score_get_correct_counts(get(), counts.data()));
    }
    std::vector<std::int32_t> correct_counts() {
        return filled<std::int32_t>(dlc_score_get_correct_counts, sample_count());
    }

  private:
    std::int64_t stride_or_width(std::int64_t stride) const noexcept { return stride ? stride : width(); }
    /* A handle that was moved from is left for C to refuse. */
    void check_array(const char *what, std::int64_t size, std::int64_t rows, std::int64_t columns) const {
        if (get())
            detail::check_size(what, size, rows * columns);
    }
    template <typename T> std::vector<T> filled(dlc_status (*getter)(dlc_score *, T *), std::int64_t count) {
        std::vector<T> result = detail::vector_of<T>(count);
        T nothing{};
        check(getter(get(), result.empty() ? &nothing : result.data()));
        return result;
    }
};

/* ---- dlc/run.h ---- */

class Run : public Handle<dlc_run, dlc_run_create, dlc_run_free, dlc_run_message> {
  public:
    /* Writes `rows` rows to `out`. Returning means that they are written; to fail, throw. */
    using Forward = std::function<void(std::int64_t level, std::int64_t first, std::int64_t rows, float *out)>;
    /* Returns whether to go on. */
    using Progress =
        std::function<bool(std::int64_t pass, std::int64_t passes, std::int64_t samples_done, std::int64_t samples)>;

    /* Puts the total over all runs in the place of this run's sums (Score::merge_sums). */
    using Exchange = std::function<void(view<std::byte> sums)>;
    /* Takes a step, DLC_CHECKPOINT_*, of writing a checkpoint. */
    using WriteCheckpoint = std::function<void(std::int32_t step, view<const std::byte> data)>;
    /* Reads on, and returns how many bytes: fewer than there is room for are the last. */
    using ReadCheckpoint = std::function<std::int64_t(view<std::byte> room)>;

    struct Round {
        std::int64_t visited;
        double spearman;
    };

    Run() : Handle(nullptr), callbacks_(std::make_unique<Callbacks>()) {}
    explicit Run(const Allocator &allocator) : Handle(allocator.get()), callbacks_(std::make_unique<Callbacks>()) {}

    /* Mask and score are borrowed, and may be moved. */
    void set_mask(Mask &mask) { check(dlc_run_set_mask(get(), mask.get())); }
    void set_score(Score &score) { check(dlc_run_set_score(get(), score.get())); }
    void set_forward(Forward forward) {
        check(dlc_run_set_forward(get(), forward ? call_forward : nullptr, callbacks_.get()));
        callbacks_->forward = std::move(forward);
    }
    /* nullptr, here and below: none. */
    void set_progress(Progress progress) {
        check(dlc_run_set_progress(get(), progress ? call_progress : nullptr, callbacks_.get()));
        callbacks_->progress = std::move(progress);
    }
    void set_exchange(Exchange exchange) {
        check(dlc_run_set_exchange(get(), exchange ? call_exchange : nullptr, callbacks_.get()));
        callbacks_->exchange = std::move(exchange);
    }
    void set_checkpoint(WriteCheckpoint write, ReadCheckpoint read) {
        check(
            dlc_run_set_checkpoint(get(), write ? call_write : nullptr, read ? call_read : nullptr, callbacks_.get()));
        callbacks_->write = std::move(write);
        callbacks_->read = std::move(read);
    }
    void set_checkpoint_file(text path) { check(dlc_run_set_checkpoint_file(get(), path.c_str())); }
    void set_checkpoint_interval(double seconds) { check(dlc_run_set_checkpoint_interval(get(), seconds)); }
    void add_fingerprint(text name, std::string_view data) {
        add_fingerprint(name, data.data(), static_cast<std::int64_t>(data.size()));
    }
    void add_fingerprint(text name, const void *data, std::int64_t size) {
        check(dlc_run_add_fingerprint(get(), name.c_str(), data, size));
    }
    void set_batch(std::int64_t rows) { check(dlc_run_set_batch(get(), rows)); }
    void set_memory_limit(std::int64_t bytes) { check(dlc_run_set_memory_limit(get(), bytes)); }
    void set_auto(double spearman = DLC_AUTO_SPEARMAN) { check(dlc_run_set_auto(get(), spearman)); }
    std::int64_t memory_estimate() {
        std::int64_t bytes = 0;
        check(dlc_run_memory_estimate(get(), &bytes));
        return bytes;
    }

    /* Throws what a callback threw, else dlc::error; a cancelled run has the status DLC_ERROR_CANCELLED. The weights
     * are as they were in any case. */
    void execute() {
        const dlc_status status = dlc_run_execute(get());
        if (callbacks_ && callbacks_->thrown)
            std::rethrow_exception(std::exchange(callbacks_->thrown, nullptr));
        check(status);
    }
    /* From any thread, a callback or a signal handler, while this object stays where it is. */
    void cancel() noexcept { dlc_run_cancel(get()); }

    std::int64_t resumed_pass() const noexcept { return dlc_run_resumed_pass(get()); }
    std::int64_t resumed_samples() const noexcept { return dlc_run_resumed_samples(get()); }
    std::int64_t round_count() const noexcept { return dlc_run_round_count(get()); }
    Round round(std::int64_t round) {
        Round result{};
        check(dlc_run_get_round(get(), round, &result.visited, &result.spearman));
        return result;
    }

  private:
    /* What C points at: it stays where it is when the Run is moved. */
    struct Callbacks {
        Forward forward;
        Progress progress;
        Exchange exchange;
        WriteCheckpoint write;
        ReadCheckpoint read;
        std::exception_ptr thrown;
    };
    std::unique_ptr<Callbacks> callbacks_;

    /* Runs `call`, and holds what it throws: the first exception, later ones are dropped. */
    template <typename Call> static void hold(void *user, Call call) noexcept {
        auto *callbacks = static_cast<Callbacks *>(user);
        try {
            call(*callbacks);
        } catch (...) {
            if (!callbacks->thrown)
                callbacks->thrown = std::current_exception();
        }
    }
    static void call_forward(void *user, std::int64_t level, std::int64_t first, std::int64_t rows, float *out,
                             std::int64_t *rows_written) noexcept {
        hold(user, [&](Callbacks &callbacks) {
            callbacks.forward(level, first, rows, out);
            *rows_written = rows;
        });
    }
    static void call_progress(void *user, std::int64_t pass, std::int64_t passes, std::int64_t samples_done,
                              std::int64_t samples, std::int32_t *go_on) noexcept {
        hold(user,
             [&](Callbacks &callbacks) { *go_on = callbacks.progress(pass, passes, samples_done, samples) ? 1 : 0; });
    }
    static void call_exchange(void *user, void *sums, std::int64_t bytes, std::int32_t *done) noexcept {
        hold(user, [&](Callbacks &callbacks) {
            callbacks.exchange({static_cast<std::byte *>(sums), bytes});
            *done = 1;
        });
    }
    static void call_write(void *user, std::int32_t step, const void *data, std::int64_t size,
                           std::int32_t *done) noexcept {
        hold(user, [&](Callbacks &callbacks) {
            callbacks.write(step, {static_cast<const std::byte *>(data), size});
            *done = 1;
        });
    }
    static void call_read(void *user, void *data, std::int64_t size, std::int64_t *read) noexcept {
        hold(user, [&](Callbacks &callbacks) { *read = callbacks.read({static_cast<std::byte *>(data), size}); });
    }
};

/* ---- dlc/flexrand.h ---- */

class Flexrand : public Handle<dlc_flexrand, dlc_flexrand_create, dlc_flexrand_free, dlc_flexrand_message> {
  public:
    Flexrand() : Handle(nullptr) {}
    explicit Flexrand(const Allocator &allocator) : Handle(allocator.get()) {}

    void set_samples(view<const std::int64_t> labels, view<const float> scores) {
        detail::check_size("scores", scores.size(), labels.size());
        check(dlc_flexrand_set_samples(get(), labels.size(), labels.data(), scores.data(), nullptr));
    }
    void set_samples(view<const std::int64_t> labels, view<const float> scores, view<const std::int64_t> ids) {
        detail::check_size("scores", scores.size(), labels.size());
        detail::check_size("ids", ids.size(), labels.size());
        check(dlc_flexrand_set_samples(get(), labels.size(), labels.data(), scores.data(), ids.data()));
    }
    /* All in one class. */
    void set_unlabelled_samples(view<const float> scores) {
        check(dlc_flexrand_set_samples(get(), scores.size(), nullptr, scores.data(), nullptr));
    }
    void set_unlabelled_samples(view<const float> scores, view<const std::int64_t> ids) {
        detail::check_size("ids", ids.size(), scores.size());
        check(dlc_flexrand_set_samples(get(), scores.size(), nullptr, scores.data(), ids.data()));
    }
    void set_method(std::int32_t method) { check(dlc_flexrand_set_method(get(), method)); }
    void set_gamma(double gamma) { check(dlc_flexrand_set_gamma(get(), gamma)); }
    void set_budget(std::int32_t budget) { check(dlc_flexrand_set_budget(get(), budget)); }
    void set_rng(std::int32_t rng) { check(dlc_flexrand_set_rng(get(), rng)); }
    void set_seed(std::uint64_t seed) { check(dlc_flexrand_set_seed(get(), seed)); }
    void set_floor(std::int64_t floor) { check(dlc_flexrand_set_floor(get(), floor)); }

    void select_keep(double keep) { check(dlc_flexrand_select_keep(get(), keep)); }
    void select_count(std::int64_t count) { check(dlc_flexrand_select_count(get(), count)); }
    std::int64_t selected_count() const noexcept { return dlc_flexrand_selected_count(get()); }
    void get_selection(std::int32_t order, view<std::int64_t> indices) {
        check_selection("indices", indices.size());
        check(dlc_flexrand_get_selection(get(), order, indices.data(), nullptr));
    }
    void get_selection(std::int32_t order, view<std::int64_t> indices, view<std::int32_t> intervals) {
        check_selection("indices", indices.size());
        check_selection("intervals", intervals.size());
        check(dlc_flexrand_get_selection(get(), order, indices.data(), intervals.data()));
    }
    std::vector<std::int64_t> selection(std::int32_t order = DLC_ORDER_INDEX) {
        std::vector<std::int64_t> indices = detail::vector_of<std::int64_t>(selected_count());
        get_selection(order, indices);
        return indices;
    }

  private:
    /* Where there is no selection C says so. */
    void check_selection(const char *what, std::int64_t size) const {
        if (selected_count() >= 0)
            detail::check_size(what, size, selected_count());
    }
};

/* ---- dlc/response.h ---- */

class Response : public Handle<dlc_response, dlc_response_create, dlc_response_free, dlc_response_message> {
  public:
    Response() : Handle(nullptr) {}
    explicit Response(const Allocator &allocator) : Handle(allocator.get()) {}

    void set_logits(std::int32_t dtype, std::int64_t vocabulary) {
        check(dlc_response_set_logits(get(), dtype, vocabulary));
    }
    void set_empty(std::int32_t empty) { check(dlc_response_set_empty(get(), empty)); }
    void set_threads(std::int32_t threads) { check(dlc_response_set_threads(get(), threads)); }

    void begin(std::int64_t rows) { check(dlc_response_begin(get(), rows)); }
    void add(std::int64_t first, std::int64_t rows, std::int64_t tokens, const void *logits, std::int64_t row_stride,
             std::int64_t token_stride, const std::int64_t *targets, std::int64_t targets_stride,
             const std::uint8_t *mask = nullptr, std::int64_t mask_stride = 0) {
        check(dlc_response_add(get(), first, rows, tokens, logits, row_stride, token_stride, targets, targets_stride,
                               mask, mask_stride));
    }
    /* One for every row; losses may be the output of Run::Forward. */
    void get_losses(float *losses, std::int64_t *tokens = nullptr) {
        check(dlc_response_get_losses(get(), losses, tokens));
    }
};

/* ---- dlc/file.h ---- */

class Npy : public Handle<dlc_npy, dlc_npy_create, dlc_npy_free, dlc_npy_message> {
  public:
    Npy() : Handle(nullptr) {}
    explicit Npy(const Allocator &allocator) : Handle(allocator.get()) {}
    /* Opens the file. */
    explicit Npy(text path) : Npy() { open(path); }

    void open(text path) { check(dlc_npy_open(get(), path.c_str())); }
    std::int32_t dtype() const noexcept { return dlc_npy_dtype(get()); }
    std::int64_t rank() const noexcept { return dlc_npy_rank(get()); }
    std::int64_t dim(std::int64_t axis) const noexcept { return dlc_npy_dim(get(), axis); }
    std::vector<std::int64_t> shape() const {
        std::vector<std::int64_t> dims = detail::vector_of<std::int64_t>(rank());
        for (std::size_t axis = 0; axis < dims.size(); axis++)
            dims[axis] = dim(static_cast<std::int64_t>(axis));
        return dims;
    }
    std::int64_t count() const noexcept { return dlc_npy_count(get()); }

    /* As many elements as `out` has, from element `first` on. T must be the array's type. */
    template <typename T> void read(std::int64_t first, view<T> out) {
        if (rank() >= 0 && dtype() != dtype_of<T>)
            throw error(
                DLC_ERROR_ARGUMENT,
                (std::string("an array of ") + dtype_name(dtype()) + ", not " + dtype_name(dtype_of<T>)).c_str());
        read(first, out.size(), out.data());
    }
    /* Bytes as they are stored, of any dtype. */
    void read(std::int64_t first, std::int64_t elements, void *out) {
        check(dlc_npy_read(get(), first, elements, out));
    }
    /* The whole array. */
    template <typename T> std::vector<T> read_all() {
        std::vector<T> values = detail::vector_of<T>(count());
        read(0, view<T>(values));
        return values;
    }
    /* int64, int32 or uint8, widened: labels, indices, ids. */
    void read_int64(std::int64_t first, view<std::int64_t> out) {
        check(dlc_npy_read_int64(get(), first, out.size(), out.data()));
    }
    std::vector<std::int64_t> read_all_int64() {
        std::vector<std::int64_t> values = detail::vector_of<std::int64_t>(count());
        read_int64(0, values);
        return values;
    }

    void write(text path, std::int32_t dtype, view<const std::int64_t> dims, const void *data) {
        check(dlc_npy_write(get(), path.c_str(), dtype, dims.size(), dims.data(), data));
    }
    template <typename T> void write(text path, const std::vector<T> &values, view<const std::int64_t> dims) {
        std::int64_t elements = 1;
        for (std::int64_t axis = 0; axis < dims.size(); axis++)
            elements *= dims.data()[axis];
        detail::check_size("values", static_cast<std::int64_t>(values.size()), elements);
        write(path, dtype_of<T>, dims, values.data());
    }
    /* One dimension. */
    template <typename T> void write(text path, const std::vector<T> &values) {
        write(path, values, {static_cast<std::int64_t>(values.size())});
    }
};

class Safetensors
    : public Handle<dlc_safetensors, dlc_safetensors_create, dlc_safetensors_free, dlc_safetensors_message> {
  public:
    Safetensors() : Handle(nullptr) {}
    explicit Safetensors(const Allocator &allocator) : Handle(allocator.get()) {}
    /* Opens the file. */
    explicit Safetensors(text path) : Safetensors() { open(path); }

    void open(text path) { check(dlc_safetensors_open(get(), path.c_str())); }
    std::int64_t count() const noexcept { return dlc_safetensors_count(get()); }
    /* -1: no such tensor. */
    std::int64_t find(text name) const noexcept { return dlc_safetensors_find(get(), name.c_str()); }
    std::string_view name(std::int64_t tensor) const noexcept {
        return detail::borrowed(dlc_safetensors_name(get(), tensor));
    }
    std::int32_t dtype(std::int64_t tensor) const noexcept { return dlc_safetensors_dtype(get(), tensor); }
    std::string_view dtype_text(std::int64_t tensor) const noexcept {
        return detail::borrowed(dlc_safetensors_dtype_text(get(), tensor));
    }
    std::int64_t rank(std::int64_t tensor) const noexcept { return dlc_safetensors_rank(get(), tensor); }
    std::int64_t dim(std::int64_t tensor, std::int64_t axis) const noexcept {
        return dlc_safetensors_dim(get(), tensor, axis);
    }
    std::int64_t elements(std::int64_t tensor) const noexcept { return dlc_safetensors_elements(get(), tensor); }
    std::int64_t bytes(std::int64_t tensor) const noexcept { return dlc_safetensors_bytes(get(), tensor); }
    /* At any alignment: for a mask as it is, for reading as numbers by memcpy(). */
    void *data(std::int64_t tensor) const noexcept { return dlc_safetensors_data(get(), tensor); }
    std::optional<std::string_view> metadata(text key) const noexcept {
        const char *value = dlc_safetensors_metadata(get(), key.c_str());
        return value ? std::optional<std::string_view>(value) : std::nullopt;
    }
    bool masked_by_default(std::int64_t tensor) const noexcept {
        return dlc_safetensors_masked_by_default(get(), tensor) == 1;
    }
    void save(text path) { check(dlc_safetensors_save(get(), path.c_str())); }
};

/* ---- dlc/image.h ---- */

class Images : public Handle<dlc_images, dlc_images_create, dlc_images_free, dlc_images_message> {
  public:
    Images() : Handle(nullptr) {}
    explicit Images(const Allocator &allocator) : Handle(allocator.get()) {}

    void set_channels(std::int32_t channels) { check(dlc_images_set_channels(get(), channels)); }
    void set_size(std::int64_t side) { check(dlc_images_set_size(get(), side)); }
    void set_interpolation(std::int32_t interpolation) { check(dlc_images_set_interpolation(get(), interpolation)); }
    void set_crop(std::int64_t side) { check(dlc_images_set_crop(get(), side)); }
    void set_normalization(view<const float> mean, view<const float> deviation) {
        if (get()) {
            detail::check_size("mean", mean.size(), channels());
            detail::check_size("deviation", deviation.size(), channels());
        }
        check(dlc_images_set_normalization(get(), mean.data(), deviation.data()));
    }
    void set_threads(std::int32_t threads) { check(dlc_images_set_threads(get(), threads)); }
    void set_memory_limit(std::int64_t bytes) { check(dlc_images_set_memory_limit(get(), bytes)); }
    void set_cache_folder(text folder) { check(dlc_images_set_cache_folder(get(), folder.c_str())); }
    void set_skip_broken(bool skip) { check(dlc_images_set_skip_broken(get(), skip)); }

    void open(text directory) { check(dlc_images_open(get(), directory.c_str())); }
    std::int64_t count() const noexcept { return dlc_images_count(get()); }
    std::int64_t class_count() const noexcept { return dlc_images_class_count(get()); }
    std::int32_t channels() const noexcept { return dlc_images_channels(get()); }
    std::int64_t height() const noexcept { return dlc_images_height(get()); }
    std::int64_t width() const noexcept { return dlc_images_width(get()); }
    /* Floats of one image, channels * height * width. */
    std::int64_t image_floats() const noexcept { return channels() * height() * width(); }
    std::string_view class_name(std::int64_t class_id) const noexcept {
        return detail::borrowed(dlc_images_class_name(get(), class_id));
    }
    std::string_view path(std::int64_t sample) const noexcept {
        return detail::borrowed(dlc_images_path(get(), sample));
    }
    std::int64_t label(std::int64_t sample) const noexcept { return dlc_images_label(get(), sample); }
    /* Of all samples. */
    std::vector<std::int64_t> labels() const {
        std::vector<std::int64_t> result = detail::vector_of<std::int64_t>(count());
        for (std::size_t i = 0; i < result.size(); i++)
            result[i] = label(static_cast<std::int64_t>(i));
        return result;
    }
    std::int64_t skipped_count() const noexcept { return dlc_images_skipped_count(get()); }
    std::string_view skipped_path(std::int64_t index) const noexcept {
        return detail::borrowed(dlc_images_skipped_path(get(), index));
    }
    std::string_view skipped_reason(std::int64_t index) const noexcept {
        return detail::borrowed(dlc_images_skipped_reason(get(), index));
    }

    /* out: rows * image_floats() floats. */
    void read(std::int64_t first, std::int64_t rows, float *out) { check(dlc_images_read(get(), first, rows, out)); }
    /* out: image_floats() bytes, height * width * channels. */
    void read_pixels(std::int64_t sample, std::uint8_t *out) { check(dlc_images_read_pixels(get(), sample, out)); }
};

/* ---- dlc/encoder.h ---- */

class Encoder : public Handle<dlc_encoder, dlc_encoder_create, dlc_encoder_free, dlc_encoder_message> {
  public:
    Encoder() : Handle(nullptr) {}
    explicit Encoder(const Allocator &allocator) : Handle(allocator.get()) {}

    void set_threads(std::int32_t threads) { check(dlc_encoder_set_threads(get(), threads)); }
    void set_pooling(std::int32_t pooling) { check(dlc_encoder_set_pooling(get(), pooling)); }
    /* The file is borrowed, may be moved, and must stay open. */
    void load(Safetensors &weights) { check(dlc_encoder_load(get(), weights.get())); }
    std::string_view architecture() const noexcept { return detail::borrowed(dlc_encoder_architecture(get())); }
    std::int32_t channels() const noexcept { return dlc_encoder_channels(get()); }
    std::int64_t dim() const noexcept { return dlc_encoder_dim(get()); }
    std::int64_t block() const noexcept { return dlc_encoder_block(get()); }
    std::int64_t image_size() const noexcept { return dlc_encoder_image_size(get()); }
    std::int64_t published_size() const noexcept { return dlc_encoder_published_size(get()); }
    /* features: rows * dim() floats. */
    void forward(const float *images, std::int64_t first, std::int64_t rows, std::int64_t height, std::int64_t width,
                 float *features) {
        check(dlc_encoder_forward(get(), images, first, rows, height, width, features));
    }
};

} // namespace dlc

#endif
