/* The functions for one type of number and one level of instructions: OF(name) is name_NUMBER_LEVEL.

   STORED: in memory   WIDE: in computation   LANE: an integer as wide as STORED   UP, DOWN: from one to the other
*/

/* ReLU, if asked for, and dropout of numbers that begin at position `at` of their tensor. It may work in place. */
static inline __attribute__((always_inline)) void OF(rectify_drop)(
    STORED *out, const STORED *x, int64_t at, int64_t count, int rectifies, const struct dropout *dropout)
{
    const WIDE factor = (WIDE)dropout->factor;
    const LANE highest = (LANE)dropout->highest;
    const int64_t lanes_per_word = 8 / sizeof(LANE);
    union {
        uint64_t words[WORDS];
        LANE lanes[WORDS * 8 / sizeof(LANE)];
    } drawn;
    while (count > 0) {
        /* Words in blocks that stay in the first cache: drawing one beside each number would break the vectors of the
           loop below, and a tensor's worth of words would be another pass over memory. A piece may begin inside a
           word, since lanes belong to positions of the tensor and not to the thread that computes them. */
        int64_t first = at / lanes_per_word, skipped = at % lanes_per_word;
        int64_t here = WORDS * lanes_per_word - skipped < count ? WORDS * lanes_per_word - skipped : count;
        const LANE *lanes = drawn.lanes + skipped;
        for (int64_t k = 0; k < WORDS; k++)
            drawn.words[k] = random_word((uint64_t)dropout->seed, (uint64_t)(first + k));
        /* ivdep: out may be x itself, but element by element, which the compiler cannot know. */
#pragma GCC ivdep
        for (int64_t i = 0; i < here; i++) {
            WIDE number = UP(x[i]);
            /* & and not &&: no branch, so that the loop becomes vector instructions. A nan is not <= 0 and stays. */
            number = rectifies & (number <= 0) ? 0 : number * factor;
            STORED kept = DOWN(number);
            out[i] = lanes[i] > highest ? kept : 0;
        }
        out += here, x += here, at += here, count -= here;
    }
}

static void OF(rectify_some)(
    STORED *restrict out, const STORED *restrict x, int64_t at, int64_t count, int rectifies,
    const struct dropout *dropout)
{
    if (dropout) {
        OF(rectify_drop)(out + at, x + at, at, count, rectifies, dropout);
        return;
    }
    for (int64_t i = at; i < at + count; i++)
        out[i] = UP(x[i]) <= 0 ? 0 : x[i];
}

static void OF(rectify_some_back)(
    STORED *restrict back, const STORED *restrict out, const STORED *restrict gradient, int64_t at, int64_t count,
    WIDE factor)
{
    for (int64_t i = at; i < at + count; i++) {
        STORED number = DOWN(UP(gradient[i]) * factor);
        back[i] = UP(out[i]) > 0 ? number : 0;
    }
}

/* The largest of four numbers, `count` times; of equal ones the first has the gradient, as in torch. */
static inline __attribute__((always_inline)) void OF(largest)(
    STORED *restrict to, uint8_t *restrict marks, const STORED *restrict a, int64_t right, int64_t below, int64_t count,
    int rectifies)
{
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++) {
        /* `kept` is the stored number beside the widened `most`: converting back would cost, and change a nan's bits.
           b != b: a nan wins, as in torch. */
        STORED kept = a[i], b = a[i + right], c = a[i + below], d = a[i + below + right];
        WIDE most = UP(kept);
        LANE mark = 0;
        int more = (UP(b) > most) | (UP(b) != UP(b));
        most = more ? UP(b) : most, kept = more ? b : kept, mark = more ? 1 : mark;
        more = (UP(c) > most) | (UP(c) != UP(c));
        most = more ? UP(c) : most, kept = more ? c : kept, mark = more ? 2 : mark;
        more = (UP(d) > most) | (UP(d) != UP(d));
        most = more ? UP(d) : most, kept = more ? d : kept, mark = more ? 3 : mark;
        more = rectifies & (most <= 0);
        to[i] = more ? 0 : kept;
        if (marks)
            marks[i] = (uint8_t)(more ? BLOCKED : mark);
    }
}

/* The gradient of `largest`. */
static inline __attribute__((always_inline)) void OF(largest_back)(
    STORED *restrict a, const uint8_t *restrict marks, const STORED *restrict gradient, int64_t right, int64_t below,
    int64_t count, WIDE before, WIDE after)
{
#pragma GCC ivdep
    for (int64_t i = 0; i < count; i++) {
        /* Rounded between the two factors, since torch's layers store the gradient between them. All four numbers are
           written, zeros too: so the memory needs no clearing before. */
        STORED number = DOWN(UP(DOWN(UP(gradient[i]) * after)) * before);
        LANE mark = marks[i];
        a[i] = mark == 0 ? number : 0;
        a[i + right] = mark == 1 ? number : 0;
        a[i + below] = mark == 2 ? number : 0;
        a[i + below + right] = mark == 3 ? number : 0;
    }
}

/* A loop over channels that leaves a rest to its vectors is several times slower; then pieces of known length are
   quicker, elsewhere they are not. */
#define IN_PIECES(channels, DO)                                                                                        \
    if (channels % 32 == 16)                                                                                           \
        for (int64_t i = 0; i < channels; i += 16)                                                                     \
            DO(i, 16);                                                                                                 \
    else if (channels % 16 == 8)                                                                                       \
        for (int64_t i = 0; i < channels; i += 8)                                                                      \
            DO(i, 8);                                                                                                  \
    else                                                                                                               \
        DO(0, channels)

/* Rows of what comes out, from `row` on. buffer: two rows of what goes in, for dropout before pooling */
static void OF(pool_some)(
    STORED *out, uint8_t *which, const STORED *x, STORED *buffer, int64_t row, int64_t rows, int64_t height,
    int64_t width, int64_t channels, int rectifies, const struct dropout *before, const struct dropout *after)
{
    const int64_t high = height / 2, wide = width / 2, pitch = width * channels, line = wide * channels;
    for (int64_t end = row + rows; row < end; row++) {
        const int64_t at = (row / high * height + row % high * 2) * pitch;
        const STORED *from = x + at;
        STORED *to = out + row * line;
        uint8_t *marks = which ? which + row * line : 0;
        if (before) {
            /* Two rows into a buffer that stays in the cache, then pooled from there: x itself must not change. */
            OF(rectify_drop)(buffer, from, at, 2 * pitch, 1, before);
            from = buffer;
        }
#define MARKED(i, count)                                                                                               \
    OF(largest)(to + column + i, marks + column + i, from + 2 * column + i, channels, pitch, count, rectifies)
#define LARGEST(i, count)                                                                                              \
    OF(largest)(to + column + i, 0, from + 2 * column + i, channels, pitch, count, rectifies)
        /* Two loops rather than a test inside one: with `marks` null at compile time its stores vanish. */
        for (int64_t column = 0; marks && column < line; column += channels) {
            IN_PIECES(channels, MARKED);
        }
        for (int64_t column = 0; !marks && column < line; column += channels) {
            IN_PIECES(channels, LARGEST);
        }
        if (after) {
            /* What was dropped has no gradient. Rectified once more, which changes nothing that is positive. */
            OF(rectify_drop)(to, to, row * line, line, 1, after);
            for (int64_t i = 0; marks && i < line; i++)
                marks[i] = UP(to[i]) > 0 ? marks[i] : BLOCKED;
        }
    }
}

static void OF(pool_some_back)(
    STORED *back, const uint8_t *which, const STORED *gradient, int64_t row, int64_t rows, int64_t height,
    int64_t width, int64_t channels, WIDE before, WIDE after)
{
    const int64_t high = height / 2, wide = width / 2, pitch = width * channels, line = wide * channels;
    for (int64_t end = row + rows; row < end; row++) {
        STORED *to = back + (row / high * height + row % high * 2) * pitch;
        const STORED *from = gradient + row * line;
        const uint8_t *marks = which + row * line;
        for (int64_t column = 0; column < line; column += channels) {
#define LARGEST_BACK(i, count)                                                                                         \
    OF(largest_back)(to + 2 * column + i, marks + column + i, from + column + i, channels, pitch, count, before, after)
            IN_PIECES(channels, LARGEST_BACK);
        }
        /* The last column and row of an odd size belong to no square: nothing above has written there. */
        for (int lower = 0; width % 2 && lower < 2; lower++)
            memset(to + lower * pitch + 2 * line, 0, channels * sizeof(STORED));
        if (height % 2 && row % high == high - 1)
            memset(to + 2 * pitch, 0, pitch * sizeof(STORED));
    }
}

/* Without dropout it rectifies. */
void OF(rectify)(
    STORED *out, const STORED *x, int64_t count, int rectifies, const struct dropout *dropout, int threads)
{
    const int64_t pieces = count < WORTH_A_THREAD ? 1 : threads, size = (count + pieces - 1) / pieces;
#pragma omp parallel for num_threads(threads) if (pieces > 1)
    for (int64_t at = 0; at < count; at += size)
        OF(rectify_some)(out, x, at, count - at < size ? count - at : size, rectifies, dropout);
}

void OF(rectify_back)(
    STORED *back, const STORED *out, const STORED *gradient, int64_t count, double factor, int threads)
{
    const int64_t pieces = count < WORTH_A_THREAD ? 1 : threads, size = (count + pieces - 1) / pieces;
#pragma omp parallel for num_threads(threads) if (pieces > 1)
    for (int64_t at = 0; at < count; at += size)
        OF(rectify_some_back)(back, out, gradient, at, count - at < size ? count - at : size, (WIDE)factor);
}

/* which: for the gradient, a byte per number that comes out, or null. Whether there was memory. */
int OF(pool)(
    STORED *out, uint8_t *which, const STORED *x, int64_t images, int64_t height, int64_t width, int64_t channels,
    int rectifies, const struct dropout *before, const struct dropout *after, int threads)
{
    const int64_t rows = images * (height / 2);
    const int64_t pieces = rows * width * channels < WORTH_A_THREAD ? 1 : threads, size = (rows + pieces - 1) / pieces;
    int done = 1;
#pragma omp parallel for num_threads(threads) if (pieces > 1) reduction(& : done)
    for (int64_t row = 0; row < rows; row += size) {
        STORED *buffer = before ? malloc(2 * width * channels * sizeof(STORED)) : 0;
        done &= !before || buffer;
        if (done)
            OF(pool_some)(out, which, x, buffer, row, rows - row < size ? rows - row : size, height, width, channels,
                          rectifies, before, after);
        free(buffer);
    }
    return done;
}

/* before, after: the factor of dropout on that side of the pooling, 1 where there was none */
void OF(pool_back)(
    STORED *back, const uint8_t *which, const STORED *gradient, int64_t images, int64_t height, int64_t width,
    int64_t channels, double before, double after, int threads)
{
    const int64_t rows = images * (height / 2);
    const int64_t pieces = rows * width * channels < WORTH_A_THREAD ? 1 : threads, size = (rows + pieces - 1) / pieces;
#pragma omp parallel for num_threads(threads) if (pieces > 1)
    for (int64_t row = 0; row < rows; row += size)
        OF(pool_some_back)(back, which, gradient, row, rows - row < size ? rows - row : size, height, width, channels,
                           (WIDE)before, (WIDE)after);
}

#include "kernels_norm.h"

#undef NUMBER
#undef STORED
#undef WIDE
#undef LANE
#undef UP
#undef DOWN
#undef IN_PIECES
#undef LARGEST
#undef MARKED
#undef LARGEST_BACK
