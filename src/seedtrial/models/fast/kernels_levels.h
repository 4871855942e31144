/* kernels_typed.h for each type of number, with the instructions of LEVEL. */

#define NUMBER bf16
#define STORED uint16_t
#define WIDE float
#define LANE int16_t
#define UP from_bf16
#define DOWN to_bf16
#include "kernels_typed.h"

#define NUMBER float
#define STORED float
#define WIDE float
#define LANE int32_t
#define UP SAME
#define DOWN SAME
#include "kernels_typed.h"

#define NUMBER double
#define STORED double
#define WIDE double
#define LANE int64_t
#define UP SAME
#define DOWN SAME
#include "kernels_typed.h"

#undef LEVEL
