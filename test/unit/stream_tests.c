/*
 * stream_tests.c - the stream of checkpoints: its bytes are little-endian on any machine, what was written is read, for
 * any place of the buffer's border, and no fault of the mover or of the bytes is passed over.
 */
#include "support.h"

#include "base/stream.h"

#include <math.h>
#include <stdlib.h>

enum { BYTES_MAX = 400000 };

typedef struct memory {
    unsigned char bytes[BYTES_MAX];
    int64_t size, at;
    int64_t fail_at; /* a call that would move this byte fails; -1: none */
    int64_t calls;
} memory;

static memory *store;
static void *buffer;

static void setup(void) {
    store = calloc(1, sizeof *store);
    buffer = malloc(DLC_STREAM_BUFFER);
    ck_assert(store && buffer);
    store->fail_at = -1;
}

static void teardown(void) {
    free(store);
    free(buffer);
}

static int64_t put(void *context, void *data, int64_t size) {
    memory *m = context;
    m->calls++;
    ck_assert_int_gt(size, 0);
    if (m->fail_at >= 0 && m->fail_at < m->size + size)
        return -1;
    ck_assert_int_le(m->size + size, BYTES_MAX);
    memcpy(m->bytes + m->size, data, (size_t)size);
    m->size += size;
    return size;
}

static int64_t get(void *context, void *data, int64_t size) {
    memory *m = context;
    m->calls++;
    const int64_t count = m->size - m->at < size ? m->size - m->at : size;
    if (m->fail_at >= 0 && m->fail_at < m->at + size)
        return -1;
    memcpy(data, m->bytes + m->at, (size_t)count);
    m->at += count;
    return count;
}

static dlc_stream start(int reading) {
    dlc_stream stream;
    dlc_stream_begin(&stream, reading, reading ? get : put, store, buffer);
    store->at = 0;
    store->calls = 0;
    if (!reading)
        store->size = 0;
    return stream;
}

START_TEST(bytes_are_little_endian) {
    dlc_stream stream = start(0);
    int64_t whole = -2;
    double real = 1;
    float floats[] = {-1, 0.5F};
    int32_t small[] = {1, -1};
    dlc_stream_int64(&stream, &whole);
    dlc_stream_double(&stream, &real);
    dlc_stream_floats(&stream, floats, 2);
    dlc_stream_int32s(&stream, small, 2);
    dlc_stream_bytes(&stream, (char[]){'a', 'b'}, 2);
    dlc_stream_end(&stream);
    static const unsigned char expected[] = {
        0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0,    0,    0,    0xF0, 0x3F, 0,
        0,    0x80, 0xBF, 0,    0,    0,    0x3F, 1,    0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF, 'a',  'b',
    };
    ck_assert_int_eq(store->size, sizeof expected);
    ck_assert_mem_eq(store->bytes, expected, sizeof expected);
}
END_TEST

/* `before` bytes bring the numbers to any place of the buffer. */
static void describe(dlc_stream *stream, int64_t before, double *doubles, float *floats, int64_t *last) {
    unsigned char some[4096] = {0};
    for (int64_t rest = before; rest > 0; rest -= 4096)
        dlc_stream_bytes(stream, some, rest < 4096 ? rest : 4096);
    dlc_stream_doubles(stream, doubles, 1000);
    dlc_stream_seal(stream);
    dlc_stream_floats(stream, floats, 1031);
    dlc_stream_int64(stream, last);
    dlc_stream_seal(stream);
    dlc_stream_end(stream);
}

START_TEST(what_was_written_is_read) {
    double doubles[1000], read_doubles[1000];
    float floats[1031], read_floats[1031];
    uint64_t seed = 1;
    for (int i = 0; i < 1000; i++)
        doubles[i] = test_uniform(&seed) - 0.5;
    for (int i = 0; i < 1031; i++)
        floats[i] = (float)test_uniform(&seed);
    for (int64_t before = DLC_STREAM_BUFFER - 12300; before < DLC_STREAM_BUFFER + 20; before += before % 11 ? 1 : 97) {
        int64_t last = before, read_last = 0;
        dlc_stream stream = start(0);
        describe(&stream, before, doubles, floats, &last);
        ck_assert_int_eq(stream.fault, DLC_STREAM_GOOD);
        ck_assert_int_eq(store->size, before + 8000 + 16 + 4 * 1031 + 8 + 16);
        ck_assert_int_eq(store->calls, store->size / DLC_STREAM_BUFFER + (store->size % DLC_STREAM_BUFFER != 0));
        stream = start(1);
        describe(&stream, before, read_doubles, read_floats, &read_last);
        ck_assert_int_eq(stream.fault, DLC_STREAM_GOOD);
        ck_assert_mem_eq(read_doubles, doubles, sizeof doubles);
        ck_assert_mem_eq(read_floats, floats, sizeof floats);
        ck_assert_int_eq(read_last, before);
    }
}
END_TEST

/* A fault stays, and what is read after it is 0. */
START_TEST(faults_stay) {
    double doubles[1000] = {0};
    float floats[1031] = {0};
    int64_t last = 7;
    for (store->fail_at = 0; store->fail_at < 300000; store->fail_at += 100000) {
        dlc_stream stream = start(0);
        describe(&stream, 250000, doubles, floats, &last);
        ck_assert_int_eq(stream.fault, store->fail_at < 250000 + 12000 ? DLC_STREAM_BROKEN : DLC_STREAM_GOOD);
        ck_assert_int_eq(store->calls, 1 + store->fail_at / DLC_STREAM_BUFFER - (store->fail_at == 300000));
    }
    store->fail_at = -1;
    dlc_stream stream = start(0);
    describe(&stream, 250000, doubles, floats, &last);
    for (store->fail_at = 0; store->fail_at < 260000; store->fail_at += 100000) {
        last = 7;
        stream = start(1);
        describe(&stream, 250000, doubles, floats, &last);
        ck_assert_int_eq(stream.fault, DLC_STREAM_BROKEN);
        ck_assert_int_eq(last, 0);
        dlc_stream_expect(&stream, 0);
        ck_assert_int_eq(stream.fault, DLC_STREAM_BROKEN);
    }
}
END_TEST

START_TEST(damage_is_told) {
    double doubles[1000] = {0};
    float floats[1031] = {0};
    int64_t last = 7;
    dlc_stream stream = start(0);
    describe(&stream, 10, doubles, floats, &last);
    const int64_t size = store->size;
    for (int64_t at = 0; at < size; at += 13) {
        store->bytes[at] ^= 4;
        stream = start(1);
        describe(&stream, 10, doubles, floats, &last);
        ck_assert_int_eq(stream.fault, DLC_STREAM_DAMAGED);
        store->bytes[at] ^= 4;
    }
    for (store->size = 0; store->size < size + 3; store->size++) {
        if (store->size == size)
            continue;
        stream = start(1);
        describe(&stream, 10, doubles, floats, &last);
        ck_assert_int_eq(stream.fault, DLC_STREAM_DAMAGED);
    }
    store->size = size;
    stream = start(1);
    describe(&stream, 10, doubles, floats, &last);
    ck_assert_int_eq(stream.fault, DLC_STREAM_GOOD);
}
END_TEST

/* One number may be anything, those of arrays are finite. */
START_TEST(numbers_that_are_none) {
    static const double bad[] = {INFINITY, -INFINITY, NAN};
    for (int i = 0; i < 3; i++) {
        double real = bad[i];
        float small = (float)bad[i];
        dlc_stream stream = start(0);
        dlc_stream_double(&stream, &real);
        dlc_stream_doubles(&stream, &real, 1);
        dlc_stream_floats(&stream, &small, 1);
        dlc_stream_end(&stream);
        stream = start(1);
        double read = 0;
        dlc_stream_double(&stream, &read);
        ck_assert_int_eq(stream.fault, DLC_STREAM_GOOD);
        ck_assert_mem_eq(&read, &real, sizeof read);
        dlc_stream_doubles(&stream, &read, 1);
        ck_assert_int_eq(stream.fault, DLC_STREAM_DAMAGED);
        stream = start(1);
        dlc_stream_double(&stream, &read);
        dlc_stream_double(&stream, &read);
        ck_assert_int_eq(stream.fault, DLC_STREAM_GOOD);
        dlc_stream_floats(&stream, &small, 1);
        ck_assert_int_eq(stream.fault, DLC_STREAM_DAMAGED);
    }
}
END_TEST

START_TEST(an_empty_stream_is_at_its_end) {
    dlc_stream stream = start(1);
    ck_assert_int_eq(dlc_stream_is_at_end(&stream), 1);
    ck_assert_int_eq(store->calls, 1);
    dlc_stream_end(&stream);
    ck_assert_int_eq(stream.fault, DLC_STREAM_GOOD);
    store->size = 1;
    stream = start(1);
    ck_assert_int_eq(dlc_stream_is_at_end(&stream), 0);
    dlc_stream_end(&stream);
    ck_assert_int_eq(stream.fault, DLC_STREAM_DAMAGED);
}
END_TEST

Suite *tests(void) {
    Suite *suite = suite_create("stream");
    TCase *cases = tcase_create("stream");
    tcase_set_timeout(cases, 60);
    tcase_add_checked_fixture(cases, setup, teardown);
    tcase_add_test(cases, bytes_are_little_endian);
    tcase_add_test(cases, what_was_written_is_read);
    tcase_add_test(cases, faults_stay);
    tcase_add_test(cases, damage_is_told);
    tcase_add_test(cases, numbers_that_are_none);
    tcase_add_test(cases, an_empty_stream_is_at_its_end);
    suite_add_tcase(suite, cases);
    return suite;
}
