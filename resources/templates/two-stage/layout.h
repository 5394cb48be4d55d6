/* Where things lie in memory while the kernel is being started. Used by both stages. */
#pragma once

#define STAGE2_ADDRESS 0x8000
/* The kernel's file, as it is on the disk; 448 KiB are free from here on. */
#define FILE_SEGMENT 0x1000
#define FILE_ADDRESS 0x10000
#define FILE_MAX_SECTORS 896
