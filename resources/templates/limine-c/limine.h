/*
 * As much of the Limine boot protocol as this kernel uses (limine-protocol, PROTOCOL.md). A request is four words of identification, a
 * revision, and a pointer that the loader fills in. It searches them in the loaded kernel, at addresses that are multiples of 8.
 */
#ifndef LIMINE_H
#define LIMINE_H

#include <stdint.h>

/* Words that begin every request; words around all of them; the revision of the protocol that the kernel is written for. */
#define LIMINE_COMMON 0xc7b1dd30df4c8b88, 0x0a82e883a194f07b
#define LIMINE_START { 0xf6b8f4b39de7d1ae, 0xfab91a6940fcb9cf, 0x785c6ed015d3e316, 0x181e920a7852b9d9 }
#define LIMINE_END { 0xadc0e0531bb10d03, 0x9572709f31764c62 }
#define LIMINE_REVISION(number) { 0xf9562b2d5c95a6c8, 0x6a7b384944536bdc, number }

#define LIMINE_LOADER { LIMINE_COMMON, 0xf55038d8e2a1202f, 0x279426fcf5f59740 }
#define LIMINE_COMMAND_LINE { LIMINE_COMMON, 0x4b161536e598651e, 0xb390ad4a2f1f303a }
#define LIMINE_MEMORY_MAP { LIMINE_COMMON, 0x67cf3d9d378a806f, 0xe304acdfc50c3c62 }
#define LIMINE_FRAMEBUFFER { LIMINE_COMMON, 0x9d5827dcd881dd75, 0xa3148604f6fab11b }

struct loader_answer { uint64_t revision; const char *name, *version; };

struct command_line_answer { uint64_t revision; const char *text; };

enum { MEMORY_USABLE = 0 };
struct region { uint64_t base, length, type; };
struct memory_map_answer { uint64_t revision, count; struct region **regions; };

struct framebuffer {
    uint8_t *pixels;
    uint64_t width, height, pitch;      /* pitch: bytes from a line to the next */
    uint16_t bits;                      /* of a pixel */
    uint8_t model, red_bits, red_shift, green_bits, green_shift, blue_bits, blue_shift;
};
struct framebuffer_answer { uint64_t revision, count; struct framebuffer **framebuffers; };

#endif
