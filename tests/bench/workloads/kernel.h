/* What the workloads share. Each is a function that does one unit of work, from the same start each time, and returns a checksum, so that every machine is
   seen to compute the same. */
#pragma once
#include <stddef.h>
#include <stdint.h>

typedef uint32_t workload(void);

/* A word of the machine, and how it is called in names of instructions. */
#if defined(__x86_64__)
typedef uint64_t word;
#define W "q"
#else
typedef uint32_t word;
#define W "l"
#endif

/* Memory for whoever works: what they leave there, nobody relies on. */
enum { ARENA_BYTES = 8 << 20 };
extern unsigned char arena[ARENA_BYTES];

static inline uint32_t next_random(uint32_t *seed) { return *seed = *seed * 1664525 + 1013904223; }
