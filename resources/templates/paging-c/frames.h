/* Frames: 4 KiB pieces of physical memory. */
#pragma once
#include "boot_info.h"

enum { PAGE_SIZE = 4096 };

/* Find the memory to hand out. @returns how many frames there are */
uint64_t frames_init(const struct boot_info *info);

/* A frame's physical address, the frame cleared; 0 when none is left. */
uint64_t frame_alloc(void);
