/*
 * Executes single instructions of x86 processors from complete states, and tells what became of them. Freestanding, for Linux on x86-64.
 *
 *   execute < tests > results
 *
 * `struct state` and the chunks of memory stand in both streams as they lie in memory (little-endian); `processor.ts` is the other end. The
 * state is entered by returning from a signal, with the trap flag set: the kernel restores every register at once, one instruction runs, and the
 * signal that follows shows all registers and, for a fault, the vector, its error code and CR2.
 */
typedef unsigned char u8;
typedef unsigned short u16;
typedef unsigned int u32;
typedef unsigned long u64;

enum { SYS_READ = 0, SYS_WRITE = 1, SYS_MMAP = 9, SYS_MPROTECT = 10, SYS_RT_SIGACTION = 13, SYS_RT_SIGRETURN = 15, SYS_EXIT = 60, SYS_SIGALTSTACK = 131, SYS_MODIFY_LDT = 154 };
enum { SIGILL = 4, SIGTRAP = 5, SIGBUS = 7, SIGFPE = 8, SIGSEGV = 11 };
enum { FXSAVE_BYTES = 512, X87_AREA = 160, YMM_HIGH = 576, REGISTERS = 16, HALF = 16 };
enum { COMPONENT_X87 = 1, COMPONENT_SSE = 2, COMPONENT_AVX = 4 };

static long syscall6(long number, u64 a, u64 b, u64 c, u64 d, u64 e, u64 f) {
  long result;
  register u64 r10 __asm__("r10") = d;
  register u64 r8 __asm__("r8") = e;
  register u64 r9 __asm__("r9") = f;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9) : "rcx", "r11", "memory");
  return result;
}

static void fail(const char *what) {
  u64 length = 0;
  while (what[length]) length++;
  syscall6(SYS_WRITE, 2, (u64)what, length, 0, 0, 0);
  syscall6(SYS_WRITE, 2, (u64) "\n", 1, 0, 0, 0);
  syscall6(SYS_EXIT, 1, 0, 0, 0, 0, 0);
}

static void check(long result, const char *what) {
  if (result < 0 && result > -4096) fail(what);
}

/* The compiler may call these by itself. */
void *memset(void *target, int value, u64 count) {
  void *start = target;
  __asm__ volatile("rep stosb" : "+D"(target), "+c"(count) : "a"(value) : "memory");
  return start;
}

void *memcpy(void *target, const void *source, u64 count) {
  void *start = target;
  __asm__ volatile("rep movsb" : "+D"(target), "+S"(source), "+c"(count) : : "memory");
  return start;
}

/* General registers in x86 numbering. */
struct state {
  u64 general[REGISTERS];
  u64 rip, flags;
  u64 vector, error, cr2;
  u16 cs, ss, ds, es, fs, gs;
  u32 mxcsr;
  u8 x87[X87_AREA]; /* first 24 bytes and 8 registers of the FXSAVE image; MXCSR in it does not count */
  u8 ymm[REGISTERS][2 * HALF];
  u64 chunks;
};

struct chunk {
  u32 address, length;
};

/* Memory that tests may touch, as the vectors' description has it. */
static const struct range {
  u64 address, bytes;
  int protection;
} RANGES[] = {{0x200000, 0x10000, 3}, {0x220000, 0x1000, 1}, {0x300000, 0x10000, 3}, {0x400000, 0x10000, 7}};
enum { RANGE_COUNT = 4 };

/* The local descriptor table, from entry 1 on: what modify_ldt(2) takes. */
struct user_desc {
  u32 entry, base, limit;
  u32 seg_32bit : 1, contents : 2, read_exec_only : 1, limit_in_pages : 1, seg_not_present : 1, useable : 1, lm : 1;
};
enum { DATA = 0, CODE = 2 };
static const struct user_desc SEGMENTS[] = {
  {1, 0x400000, 0xffff, 0, CODE, 0, 0, 0, 0, 0}, {2, 0x200000, 0xffff, 0, DATA, 0, 0, 0, 0, 0}, {3, 0x300000, 0xffff, 0, DATA, 0, 0, 0, 0, 0},
  {4, 0, 0xfffff, 1, CODE, 0, 1, 0, 0, 0},       {5, 0, 0xfffff, 1, DATA, 0, 1, 0, 0, 0},       {6, 0x208000, 0x7fff, 1, DATA, 0, 0, 0, 0, 0},
  {7, 0x204000, 0x0fff, 1, DATA, 0, 0, 0, 0, 0},
};
enum { SEGMENT_COUNT = 7 };

/* The kernel's signal frame (uapi/asm/sigcontext.h, ucontext.h). */
struct context {
  u64 flags, link;
  u64 stack[3];
  u64 r8, r9, r10, r11, r12, r13, r14, r15, rdi, rsi, rbp, rbx, rdx, rax, rcx, rsp, rip, eflags;
  u16 cs, gs, fs, ss;
  u64 error, trapno, oldmask, cr2;
  u8 *fpstate;
};

struct kernel_sigaction {
  void (*handler)(int, void *, struct context *);
  u64 flags;
  void (*restorer)(void);
  u64 mask;
};

__asm__(".text\nrestorer:\n  mov $15, %eax\n  syscall\n");
extern void restorer(void);

static u8 input[1 << 16], output[1 << 16];
static u64 input_at, input_end, output_at;
static u8 expected[0x31000];
static struct state state;
static u8 altstack[1 << 16];
static int running;

static int read_byte(void) {
  if (input_at == input_end) {
    long got = syscall6(SYS_READ, 0, (u64)input, sizeof input, 0, 0, 0);
    check(got, "reading tests failed");
    if (got == 0) return -1;
    input_at = 0;
    input_end = got;
  }
  return input[input_at++];
}

/* 0 at the end of the input. */
static int read_bytes(void *target, u64 count) {
  for (u64 at = 0; at < count; at++) {
    int byte = read_byte();
    if (byte < 0) {
      if (at > 0) fail("a test is incomplete");
      return 0;
    }
    ((u8 *)target)[at] = byte;
  }
  return 1;
}

static void flush(void) {
  for (u64 at = 0; at < output_at;) {
    long written = syscall6(SYS_WRITE, 1, (u64)output + at, output_at - at, 0, 0, 0);
    check(written, "writing results failed");
    at += written;
  }
  output_at = 0;
}

static void write_bytes(const void *source, u64 count) {
  for (u64 at = 0; at < count; at++) {
    if (output_at == sizeof output) flush();
    output[output_at++] = ((const u8 *)source)[at];
  }
}

static u64 *general_of(struct context *context, int index) {
  u64 *const registers[] = {&context->rax, &context->rcx, &context->rdx, &context->rbx, &context->rsp, &context->rbp, &context->rsi, &context->rdi,
                            &context->r8,  &context->r9,  &context->r10, &context->r11, &context->r12, &context->r13, &context->r14, &context->r15};
  return registers[index];
}

/* Differences between memory and what it was before, eight bytes at a time; memory is zero afterwards. */
static u64 differences(int write) {
  u64 count = 0;
  u8 *before = expected;
  for (int index = 0; index < RANGE_COUNT; index++) {
    u8 *now = (u8 *)RANGES[index].address;
    for (u64 at = 0; at < RANGES[index].bytes; at += 8) {
      if (*(u64 *)(now + at) == *(u64 *)(before + at)) continue;
      count++;
      if (write) {
        struct chunk chunk = {(u32)(RANGES[index].address + at), 8};
        write_bytes(&chunk, sizeof chunk);
        write_bytes(now + at, 8);
      }
    }
    before += RANGES[index].bytes;
  }
  return count;
}

static void clear(void) {
  for (int index = 0; index < RANGE_COUNT; index++) {
    if (RANGES[index].protection & 2) memset((void *)RANGES[index].address, 0, RANGES[index].bytes);
  }
  memset(expected, 0, sizeof expected);
}

static void record(struct context *context) {
  const u8 *image = context->fpstate;
  u64 in_use = *(const u64 *)(image + FXSAVE_BYTES);
  for (int index = 0; index < REGISTERS; index++) state.general[index] = *general_of(context, index);
  state.rip = context->rip;
  state.flags = context->eflags;
  state.vector = context->trapno;
  state.error = context->error;
  state.cr2 = context->cr2;
  memcpy(state.x87, image, X87_AREA);
  state.mxcsr = *(const u32 *)(image + 24);
  for (int index = 0; index < REGISTERS; index++) {
    memset(state.ymm[index], 0, 2 * HALF);
    if (in_use & COMPONENT_SSE) memcpy(state.ymm[index], image + X87_AREA + index * HALF, HALF);
    if (in_use & COMPONENT_AVX) memcpy(state.ymm[index] + HALF, image + YMM_HIGH + index * HALF, HALF);
  }
  state.chunks = differences(0);
  write_bytes(&state, sizeof state);
  differences(1);
  clear();
}

static void poke(u64 address, u8 value) {
  u64 offset = 0;
  for (int index = 0; index < RANGE_COUNT; index++) {
    if (address >= RANGES[index].address && address < RANGES[index].address + RANGES[index].bytes) {
      *(u8 *)address = value;
      expected[offset + address - RANGES[index].address] = value;
      return;
    }
    offset += RANGES[index].bytes;
  }
  fail("a test has memory that is not there");
}

static void load(struct context *context) {
  u8 *image = context->fpstate;
  for (u64 index = 0; index < state.chunks; index++) {
    struct chunk chunk;
    if (!read_bytes(&chunk, sizeof chunk)) fail("a test is incomplete");
    for (u32 at = 0; at < chunk.length; at++) poke(chunk.address + at, (u8)read_byte());
  }
  for (int index = 0; index < REGISTERS; index++) *general_of(context, index) = state.general[index];
  context->rip = state.rip;
  context->eflags = state.flags;
  context->cs = state.cs;
  context->ss = state.ss;
  *(u64 *)(image + FXSAVE_BYTES) = COMPONENT_X87 | COMPONENT_SSE | COMPONENT_AVX;
  memcpy(image, state.x87, X87_AREA);
  *(u32 *)(image + 24) = state.mxcsr;
  for (int index = 0; index < REGISTERS; index++) {
    memcpy(image + X87_AREA + index * HALF, state.ymm[index], HALF);
    memcpy(image + YMM_HIGH + index * HALF, state.ymm[index] + HALF, HALF);
  }
  __asm__ volatile("mov %0, %%ds\n mov %1, %%es\n mov %2, %%fs\n mov %3, %%gs" : : "r"((u32)state.ds), "r"((u32)state.es), "r"((u32)state.fs), "r"((u32)state.gs));
}

static void handler(int signal, void *information, struct context *context) {
  (void)signal;
  (void)information;
  /* Alignment checks are for the test alone; 64-bit code does not care about the contents of DS and ES. */
  __asm__ volatile("pushfq\n andl $~0x40000, (%%rsp)\n popfq" : : : "cc", "memory");
  if (running) record(context);
  running = 1;
  if (!read_bytes(&state, sizeof state)) {
    flush();
    syscall6(SYS_EXIT, 0, 0, 0, 0, 0, 0);
  }
  load(context);
}

void start(void) {
  for (int index = 0; index < RANGE_COUNT; index++) {
    /* MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE | MAP_POPULATE */
    check(syscall6(SYS_MMAP, RANGES[index].address, RANGES[index].bytes, 3, 0x108022, -1UL, 0), "mmap failed");
    check(syscall6(SYS_MPROTECT, RANGES[index].address, RANGES[index].bytes, RANGES[index].protection, 0, 0, 0), "mprotect failed");
  }
  for (int index = 0; index < SEGMENT_COUNT; index++) {
    struct user_desc descriptor = SEGMENTS[index];
    /* The kernel gives an int back. */
    check((int)syscall6(SYS_MODIFY_LDT, 1, (u64)&descriptor, 16, 0, 0, 0), "modify_ldt failed");
  }
  u64 stack[3] = {(u64)altstack, 0, sizeof altstack};
  check(syscall6(SYS_SIGALTSTACK, (u64)stack, 0, 0, 0, 0, 0), "sigaltstack failed");
  const int signals[] = {SIGILL, SIGTRAP, SIGBUS, SIGFPE, SIGSEGV};
  for (int index = 0; index < 5; index++) {
    /* SA_SIGINFO | SA_RESTORER | SA_ONSTACK */
    struct kernel_sigaction action = {handler, 0x0c000004, restorer, 0};
    check(syscall6(SYS_RT_SIGACTION, signals[index], (u64)&action, 0, 8, 0, 0), "sigaction failed");
  }
  __asm__ volatile("int3");
  fail("the signal handler returned to the start");
}

__asm__(".globl _start\n_start:\n  and $-16, %rsp\n  call start\n");
