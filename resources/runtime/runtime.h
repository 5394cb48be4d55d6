/* Types of Bootlab's runtime: what compilers call by themselves, for kernels that do not define it. */
typedef __SIZE_TYPE__ size_t;

typedef unsigned char byte;
/* A machine word anywhere in memory: x86 reads and writes at any address. */
typedef unsigned long __attribute__((may_alias, aligned(1))) word;
