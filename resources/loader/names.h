/* Names of files, as paths have them (UTF-8) and as file systems have them (UTF-16). */
#ifndef BOOTLAB_NAMES_H
#define BOOTLAB_NAMES_H

#include "finding.h"

/* FAT's longest one takes 20 places of 13 units; 255 count. */
#define MAX_NAME_UNITS 260u
/** A character that is like no other: U+FFFF is none. */
#define NO_UNIT 0xffffu

struct name {
  uint32_t count;
  uint16_t units[MAX_NAME_UNITS];
};

/**
 * The name at this place of a path, up to a slash or the path's end, where *at is then. False, and *at anywhere, when it is no UTF-8 or longer than
 * any name.
 */
bool take_name(const char **at, struct name *name);
/** Whether two names are the same when letters a to z count as A to Z. */
bool same_name(const struct name *left, const struct name *right);

#endif
