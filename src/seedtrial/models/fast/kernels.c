/* ReLU, dropout, 2x2 max pooling and batch normalisation in few passes over memory, which is what bounds them on a CPU.

   A tensor has N images of H x W positions with C numbers each, (N, H, W, C) in memory. A tensor in torch's contiguous
   format is taken as N * C images with one number at each position. Numbers are bf16, float or double. Results are
   those of torch's layers one after the other, bit for bit except for batch normalisation: bf16 is widened to float,
   and every layer's result is rounded to bf16 again.

   Dropout has a lane of random bits per number, cut from words that random_bits.py computes in the same way.

   The functions are in kernels_typed.h and kernels_norm.h, which are compiled once per type of number and level of
   instructions. The OpenMP functions are those of torch's own library, which is in the process already: this file is
   compiled with -fopenmp, but not linked with it. Two OpenMP libraries in one process would each start their threads.
*/

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define WORDS 128      /* random ones at a time */
#define BLOCKED 4      /* where no number of a square has the gradient */
#define WORTH_A_THREAD 16384 /* numbers; fewer are done before another thread has begun */

/* highest: the highest lane of those that go; factor: what the others grow by */
struct dropout {
    int64_t seed, highest;
    double factor;
};

static inline uint64_t random_word(uint64_t seed, uint64_t position) /* splitmix64 */
{
    uint64_t word = seed + (position + 1) * 0x9e3779b97f4a7c15;
    word = (word ^ (word >> 30)) * 0xbf58476d1ce4e5b9;
    word = (word ^ (word >> 27)) * 0x94d049bb133111eb;
    return word ^ (word >> 31);
}

static inline float from_bf16(uint16_t bits)
{
    uint32_t wide = (uint32_t)bits << 16;
    float number;
    memcpy(&number, &wide, 4);
    return number;
}

static inline uint16_t to_bf16(float number) /* to the nearest, to even between two */
{
    uint32_t wide;
    memcpy(&wide, &number, 4);
    /* Half a unit less one, plus the last bit that stays: a tie goes up only from an odd number. The sum could carry a
       nan into the sign, so a nan gets torch's own bits. */
    uint16_t rounded = (uint16_t)((wide + 0x7fff + ((wide >> 16) & 1)) >> 16);
    return number != number ? 0x7fc0 : rounded;
}

/* OF(name) pastes type and level behind a name, since C has no templates. Two macros, so that arguments expand. */
#define SAME(x) (x)
#define JOIN_(a, b, c) a##_##b##_##c
#define JOIN(a, b, c) JOIN_(a, b, c)
#define OF(name) JOIN(name, NUMBER, LEVEL)

/* For every level of instructions that a processor may have; `level` says which one this processor has. */
#define LEVEL plain
#include "kernels_levels.h"
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
#pragma GCC push_options
#pragma GCC target("avx2")
#define LEVEL avx2
#include "kernels_levels.h"
#pragma GCC pop_options
#pragma GCC push_options
#pragma GCC target("avx512f,avx512bw,avx512vl,avx512dq")
#define LEVEL avx512
#include "kernels_levels.h"
#pragma GCC pop_options
#endif

int kernels_version(void) /* of the functions' arguments, as kernels.py gives them */
{
    return 2;
}

const char *level(void)
{
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__)
    if (__builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return "avx512";
    if (__builtin_cpu_supports("avx2"))
        return "avx2";
#endif
    return "plain";
}
