/* Batch normalisation with what may come right behind it, an addition and ReLU, for one type and level as kernels_typed.h.

   A tensor is `rows` places of `channels` numbers. Lines are whole places, as many as a loop over them is worth; sums are
   made piece by piece, pieces are the same for any number of threads, and are added up in their order: so is every bit.
*/

#ifndef LINE
#define LINE 256     /* numbers at least */
#define PIECE 16384 /* numbers or so: what is read twice is in the cache the second time */
#define LEAST(a, b) ((a) < (b) ? (a) : (b))
#endif

static inline int64_t OF(places_per_line)(int64_t channels)
{
    return channels < LINE ? (LINE + channels - 1) / channels : 1;
}

static inline int64_t OF(rows_per_piece)(int64_t channels)
{
    int64_t places = OF(places_per_line)(channels), lines = PIECE / (places * channels);
    return places * (lines > 1 ? lines : 1);
}

/* Numbers of a channel, of which there are several in a line, added up: sums (line,) -> told (channels,). */
static void OF(fold)(double *told, const WIDE *sums, int64_t line, int64_t channels)
{
    for (int64_t c = 0; c < channels; c++)
        told[c] = 0;
    for (int64_t start = 0; start < line; start += channels)
        for (int64_t c = 0; c < channels; c++)
            told[c] += sums[start + c];
}

/* The reverse: values (channels,) -> told (line,) */
static void OF(tile)(WIDE *told, const double *values, int64_t line, int64_t channels)
{
    for (int64_t start = 0; start < line; start += channels)
        for (int64_t c = 0; c < channels; c++)
            told[start + c] = (WIDE)values[c];
}

/* Mean and sum of squared deviations of every channel in a piece. scratch: two lines */
static void OF(moments_some)(
    double *mean, double *spread, const STORED *x, int64_t rows, int64_t channels, WIDE *scratch)
{
    const int64_t line = OF(places_per_line)(channels) * channels, count = rows * channels;
    WIDE *restrict sums = scratch, *restrict centre = scratch + line;
    memset(sums, 0, line * sizeof(WIDE));
    for (int64_t at = 0; at < count; at += line) {
        const int64_t here = LEAST(line, count - at);
#pragma GCC ivdep
        for (int64_t i = 0; i < here; i++)
            sums[i] += UP(x[at + i]);
    }
    OF(fold)(mean, sums, line, channels);
    for (int64_t c = 0; c < channels; c++)
        mean[c] /= rows;
    OF(tile)(centre, mean, line, channels);
    memset(sums, 0, line * sizeof(WIDE));
    for (int64_t at = 0; at < count; at += line) {
        const int64_t here = LEAST(line, count - at);
#pragma GCC ivdep
        for (int64_t i = 0; i < here; i++) {
            WIDE away = UP(x[at + i]) - centre[i];
            sums[i] += away * away;
        }
    }
    OF(fold)(spread, sums, line, channels);
    for (int64_t c = 0; c < channels; c++) { /* the centre was rounded */
        double off = (double)(WIDE)mean[c] - mean[c];
        spread[c] -= rows * off * off;
    }
}

static void OF(normalise_some)(
    STORED *restrict out, const STORED *restrict x, const STORED *restrict shortcut, int64_t count, int64_t line,
    const WIDE *restrict scale, const WIDE *restrict shift, int rectifies)
{
    for (int64_t at = 0; at < count; at += line) {
        const int64_t here = LEAST(line, count - at);
#define NORMALISE(more)                                                                                                \
    for (int64_t i = 0; i < here; i++) {                                                                               \
        WIDE number = UP(x[at + i]) * scale[i] + shift[i] more;                                                        \
        number = rectifies & (number <= 0) ? 0 : number;                                                               \
        out[at + i] = DOWN(number);                                                                                    \
    }
        if (shortcut) {
            NORMALISE(+UP(shortcut[at + i]))
        } else {
            NORMALISE()
        }
    }
}

/* The gradient behind ReLU, and for every channel its sum and that of its products with x - mean. scratch: three lines */
static void OF(gradient_sums_some)(
    double *sums, double *products, STORED *restrict passed, const STORED *restrict gradient,
    const STORED *restrict out, const STORED *restrict x, int64_t rows, int64_t channels, const double *mean,
    WIDE *scratch)
{
    const int64_t line = OF(places_per_line)(channels) * channels, count = rows * channels;
    WIDE *restrict sum = scratch, *restrict product = scratch + line, *restrict centre = scratch + 2 * line;
    memset(sum, 0, 2 * line * sizeof(WIDE));
    OF(tile)(centre, mean, line, channels);
    for (int64_t at = 0; at < count; at += line) {
        const int64_t here = LEAST(line, count - at);
        if (out) {
            for (int64_t i = 0; i < here; i++) {
                STORED whole = gradient[at + i];
                passed[at + i] = UP(out[at + i]) > 0 ? whole : 0;
            }
        }
        const STORED *from = out ? passed : gradient;
#pragma GCC ivdep
        for (int64_t i = 0; i < here; i++) {
            WIDE number = UP(from[at + i]);
            sum[i] += number;
            product[i] += number * (UP(x[at + i]) - centre[i]);
        }
    }
    OF(fold)(sums, sum, line, channels);
    OF(fold)(products, product, line, channels);
}

/* back = factor * gradient - constant - slope * (x - centre) */
static void OF(normalise_some_back)(
    STORED *restrict back, const STORED *restrict gradient, const STORED *restrict x, int64_t count, int64_t line,
    const WIDE *restrict factor, const WIDE *restrict constant, const WIDE *restrict slope,
    const WIDE *restrict centre)
{
    for (int64_t at = 0; at < count; at += line)
        for (int64_t i = 0; i < LEAST(line, count - at); i++)
            back[at + i] =
                DOWN(UP(gradient[at + i]) * factor[i] - constant[i] - slope[i] * (UP(x[at + i]) - centre[i]));
}

/* (channels,) -> one line, in the type that is computed with */
static WIDE *OF(tiled)(const double *values, int64_t channels)
{
    const int64_t line = OF(places_per_line)(channels) * channels;
    WIDE *told = malloc(line * sizeof(WIDE));
    if (told)
        OF(tile)(told, values, line, channels);
    return told;
}

/* Mean and biased variance (channels,) of every channel. Whether there was memory. */
int OF(moments)(double *mean, double *variance, const STORED *x, int64_t rows, int64_t channels, int threads)
{
    const int64_t size = OF(rows_per_piece)(channels), pieces = (rows + size - 1) / size;
    double *found = malloc(pieces * 2 * channels * sizeof(double));
    int done = found != 0;
#pragma omp parallel num_threads(threads) if (rows * channels >= WORTH_A_THREAD) reduction(& : done)
    {
        WIDE *scratch = malloc(2 * OF(places_per_line)(channels) * channels * sizeof(WIDE));
        done &= scratch != 0;
#pragma omp for
        for (int64_t piece = 0; piece < pieces; piece++)
            if (done)
                OF(moments_some)(found + piece * 2 * channels, found + (piece * 2 + 1) * channels,
                                 x + piece * size * channels, LEAST(size, rows - piece * size), channels, scratch);
        free(scratch);
    }
    for (int64_t c = 0; done && c < channels; c++) {
        double all = 0, spread = 0;
        for (int64_t piece = 0; piece < pieces; piece++)
            all += found[piece * 2 * channels + c] * LEAST(size, rows - piece * size);
        mean[c] = all / rows;
        for (int64_t piece = 0; piece < pieces; piece++) {
            double away = found[piece * 2 * channels + c] - mean[c];
            spread += found[(piece * 2 + 1) * channels + c] + LEAST(size, rows - piece * size) * away * away;
        }
        variance[c] = spread / rows;
    }
    free(found);
    return done;
}

/* scale * x + shift (+ shortcut), then ReLU. scale, shift: (channels,); shortcut: null, or as x */
int OF(normalise)(
    STORED *out, const STORED *x, const STORED *shortcut, int64_t rows, int64_t channels, const double *scale,
    const double *shift, int rectifies, int threads)
{
    const int64_t size = OF(rows_per_piece)(channels), line = OF(places_per_line)(channels) * channels;
    WIDE *scales = OF(tiled)(scale, channels), *shifts = OF(tiled)(shift, channels);
    int done = scales && shifts;
#pragma omp parallel for num_threads(threads) if (rows * channels >= WORTH_A_THREAD)
    for (int64_t row = 0; row < rows; row += size) {
        const int64_t at = row * channels;
        if (done)
            OF(normalise_some)(out + at, x + at, shortcut ? shortcut + at : 0, LEAST(size, rows - row) * channels, line,
                               scales, shifts, rectifies);
    }
    free(scales), free(shifts);
    return done;
}

/* passed: the gradient where out is positive, all of it if out is null and then not written; sums, products: (channels,) */
int OF(gradient_sums)(
    double *sums, double *products, STORED *passed, const STORED *gradient, const STORED *out, const STORED *x,
    int64_t rows, int64_t channels, const double *mean, int threads)
{
    const int64_t size = OF(rows_per_piece)(channels), pieces = (rows + size - 1) / size;
    double *found = malloc(pieces * 2 * channels * sizeof(double));
    int done = found != 0;
#pragma omp parallel num_threads(threads) if (rows * channels >= WORTH_A_THREAD) reduction(& : done)
    {
        WIDE *scratch = malloc(3 * OF(places_per_line)(channels) * channels * sizeof(WIDE));
        done &= scratch != 0;
#pragma omp for
        for (int64_t piece = 0; piece < pieces; piece++) {
            const int64_t at = piece * size * channels;
            if (done)
                OF(gradient_sums_some)(found + piece * 2 * channels, found + (piece * 2 + 1) * channels, passed + at,
                                       gradient + at, out ? out + at : 0, x + at, LEAST(size, rows - piece * size),
                                       channels, mean, scratch);
        }
        free(scratch);
    }
    for (int64_t c = 0; done && c < channels; c++) {
        sums[c] = products[c] = 0;
        for (int64_t piece = 0; piece < pieces; piece++) {
            sums[c] += found[piece * 2 * channels + c];
            products[c] += found[(piece * 2 + 1) * channels + c];
        }
    }
    free(found);
    return done;
}

/* values: (4, channels), as normalise_some_back has them */
int OF(normalise_back)(
    STORED *back, const STORED *gradient, const STORED *x, int64_t rows, int64_t channels, const double *values,
    int threads)
{
    const int64_t size = OF(rows_per_piece)(channels), line = OF(places_per_line)(channels) * channels;
    WIDE *lines[4];
    int done = 1;
    for (int k = 0; k < 4; k++)
        done &= (lines[k] = OF(tiled)(values + k * channels, channels)) != 0;
#pragma omp parallel for num_threads(threads) if (rows * channels >= WORTH_A_THREAD)
    for (int64_t row = 0; row < rows; row += size) {
        const int64_t at = row * channels;
        if (done)
            OF(normalise_some_back)(back + at, gradient + at, x + at, LEAST(size, rows - row) * channels, line,
                                    lines[0], lines[1], lines[2], lines[3]);
    }
    for (int k = 0; k < 4; k++)
        free(lines[k]);
    return done;
}
