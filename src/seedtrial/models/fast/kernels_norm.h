/* Batch normalisation with an addition and ReLU right behind it, for one type and level as kernels_typed.h.

   A tensor has `rows` positions of `channels` numbers. A line is several whole positions, so many that a loop over it
   is worth while. Sums are computed piece by piece; pieces do not depend on the number of threads and are added up in
   their order, so that every bit is the same for any number of threads.
*/

#ifndef LINE
#define LINE 256     /* numbers at least */
#define PIECE 16384 /* numbers or so: what is read twice is in the cache the second time */
#define LEAST(a, b) ((a) < (b) ? (a) : (b))
#endif

static inline int64_t OF(positions_per_line)(int64_t channels)
{
    return channels < LINE ? (LINE + channels - 1) / channels : 1;
}

static inline int64_t OF(rows_per_piece)(int64_t channels)
{
    int64_t positions = OF(positions_per_line)(channels), lines = PIECE / (positions * channels);
    return positions * (lines > 1 ? lines : 1);
}

/* Adds up the numbers of a channel, of which a line has several: sums (line,) -> totals (channels,) */
static void OF(fold)(double *totals, const WIDE *sums, int64_t line, int64_t channels)
{
    for (int64_t c = 0; c < channels; c++)
        totals[c] = 0;
    for (int64_t start = 0; start < line; start += channels)
        for (int64_t c = 0; c < channels; c++)
            totals[c] += sums[start + c];
}

/* The reverse: values (channels,) -> repeated (line,) */
static void OF(tile)(WIDE *repeated, const double *values, int64_t line, int64_t channels)
{
    for (int64_t start = 0; start < line; start += channels)
        for (int64_t c = 0; c < channels; c++)
            repeated[start + c] = (WIDE)values[c];
}

/* Mean and sum of squared deviations of every channel in a piece. scratch: two lines */
static void OF(moments_some)(
    double *mean, double *spread, const STORED *x, int64_t rows, int64_t channels, WIDE *scratch)
{
    const int64_t line = OF(positions_per_line)(channels) * channels, count = rows * channels;
    WIDE *restrict sums = scratch, *restrict centre = scratch + line;
    /* One running sum per number of the line, not per channel: neighbouring numbers then go into neighbouring sums,
       which is a vector instruction however many channels there are. */
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
    /* A second pass over the piece, which is still in the cache. Squares about zero in one pass would cancel: in float
       a mean of ten deviations already costs two digits of the variance. */
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
    /* The deviations were about the mean as WIDE has it; this moves them to the mean in double. */
    for (int64_t c = 0; c < channels; c++) {
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
        /* Two loops rather than a test inside one, which would keep the compiler from vectors. */
        if (shortcut) {
            NORMALISE(+UP(shortcut[at + i]))
        } else {
            NORMALISE()
        }
    }
}

/* The gradient behind ReLU; for every channel its sum, and that of its products with x - mean. scratch: three lines */
static void OF(gradient_sums_some)(
    double *sums, double *products, STORED *restrict passed, const STORED *restrict gradient,
    const STORED *restrict out, const STORED *restrict x, int64_t rows, int64_t channels, const double *mean,
    WIDE *scratch)
{
    const int64_t line = OF(positions_per_line)(channels) * channels, count = rows * channels;
    WIDE *restrict sum = scratch, *restrict product = scratch + line, *restrict centre = scratch + 2 * line;
    memset(sum, 0, 2 * line * sizeof(WIDE));
    OF(tile)(centre, mean, line, channels);
    for (int64_t at = 0; at < count; at += line) {
        const int64_t here = LEAST(line, count - at);
        /* Line by line, so that the sums below read from the cache what is written here. */
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
    const int64_t line = OF(positions_per_line)(channels) * channels;
    WIDE *repeated = malloc(line * sizeof(WIDE));
    if (repeated)
        OF(tile)(repeated, values, line, channels);
    return repeated;
}

/* Mean and biased variance (channels,) of every channel. Whether there was memory. */
int OF(moments)(double *mean, double *variance, const STORED *x, int64_t rows, int64_t channels, int threads)
{
    const int64_t size = OF(rows_per_piece)(channels), pieces = (rows + size - 1) / size;
    double *partial = malloc(pieces * 2 * channels * sizeof(double));
    int done = partial != 0;
#pragma omp parallel num_threads(threads) if (rows * channels >= WORTH_A_THREAD) reduction(& : done)
    {
        WIDE *scratch = malloc(2 * OF(positions_per_line)(channels) * channels * sizeof(WIDE));
        done &= scratch != 0;
        /* No break: OpenMP's loops have none, and a thread without memory must still meet the others at the end. */
#pragma omp for
        for (int64_t piece = 0; piece < pieces; piece++)
            if (done)
                OF(moments_some)(partial + piece * 2 * channels, partial + (piece * 2 + 1) * channels,
                                 x + piece * size * channels, LEAST(size, rows - piece * size), channels, scratch);
        free(scratch);
    }
    /* Means and spreads of pieces become those of all rows (Chan, Golub and LeVeque 1983): one thread, in order. */
    for (int64_t c = 0; done && c < channels; c++) {
        double all = 0, spread = 0;
        for (int64_t piece = 0; piece < pieces; piece++)
            all += partial[piece * 2 * channels + c] * LEAST(size, rows - piece * size);
        mean[c] = all / rows;
        for (int64_t piece = 0; piece < pieces; piece++) {
            double away = partial[piece * 2 * channels + c] - mean[c];
            spread += partial[(piece * 2 + 1) * channels + c] + LEAST(size, rows - piece * size) * away * away;
        }
        variance[c] = spread / rows;
    }
    free(partial);
    return done;
}

/* scale * x + shift (+ shortcut), then ReLU. scale, shift: (channels,); shortcut: null, or as x */
int OF(normalise)(
    STORED *out, const STORED *x, const STORED *shortcut, int64_t rows, int64_t channels, const double *scale,
    const double *shift, int rectifies, int threads)
{
    const int64_t size = OF(rows_per_piece)(channels), line = OF(positions_per_line)(channels) * channels;
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

/* passed: the gradient where out is positive; if out is null, it is all of it and not written.
   sums, products: (channels,) */
int OF(gradient_sums)(
    double *sums, double *products, STORED *passed, const STORED *gradient, const STORED *out, const STORED *x,
    int64_t rows, int64_t channels, const double *mean, int threads)
{
    const int64_t size = OF(rows_per_piece)(channels), pieces = (rows + size - 1) / size;
    double *partial = malloc(pieces * 2 * channels * sizeof(double));
    int done = partial != 0;
#pragma omp parallel num_threads(threads) if (rows * channels >= WORTH_A_THREAD) reduction(& : done)
    {
        WIDE *scratch = malloc(3 * OF(positions_per_line)(channels) * channels * sizeof(WIDE));
        done &= scratch != 0;
#pragma omp for
        for (int64_t piece = 0; piece < pieces; piece++) {
            const int64_t at = piece * size * channels;
            if (done)
                OF(gradient_sums_some)(partial + piece * 2 * channels, partial + (piece * 2 + 1) * channels,
                                       passed + at, gradient + at, out ? out + at : 0, x + at, LEAST(size, rows - piece * size),
                                       channels, mean, scratch);
        }
        free(scratch);
    }
    for (int64_t c = 0; done && c < channels; c++) {
        sums[c] = products[c] = 0;
        for (int64_t piece = 0; piece < pieces; piece++) {
            sums[c] += partial[piece * 2 * channels + c];
            products[c] += partial[(piece * 2 + 1) * channels + c];
        }
    }
    free(partial);
    return done;
}

/* values: (4, channels), as normalise_some_back has them */
int OF(normalise_back)(
    STORED *back, const STORED *gradient, const STORED *x, int64_t rows, int64_t channels, const double *values,
    int threads)
{
    const int64_t size = OF(rows_per_piece)(channels), line = OF(positions_per_line)(channels) * channels;
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
