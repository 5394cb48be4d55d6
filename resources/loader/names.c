/* Names of files. Sources: RFC 3629 (UTF-8), RFC 2781 (UTF-16). */
#include "names.h"

#define NO_CHARACTER UINT32_MAX

static uint16_t upper(uint16_t unit) { return unit >= 'a' && unit <= 'z' ? (uint16_t)(unit - 'a' + 'A') : unit; }

static uint32_t take_character(const char **at) {
  uint8_t first = (uint8_t)*(*at)++;
  if (first < 0x80) return first;
  if (first < 0xc2 || first > 0xf4) return NO_CHARACTER;
  uint32_t more = first >= 0xf0 ? 3 : first >= 0xe0 ? 2 : 1, character = first & (0x3fu >> more);
  for (; more > 0; more--, (*at)++) {
    uint8_t next = (uint8_t)**at;
    if ((next & 0xc0) != 0x80) return NO_CHARACTER;
    character = character << 6 | (next & 0x3f);
  }
  return character;
}

bool take_name(const char **at, struct name *name) {
  name->count = 0;
  while (**at != 0 && **at != '/') {
    uint32_t character = take_character(at), units = character >= 0x10000 ? 2 : 1;
    if (character > 0x10ffff || name->count + units > MAX_NAME_UNITS) return false;
    if (units == 2) name->units[name->count++] = (uint16_t)(0xd7c0 + (character >> 10));
    name->units[name->count++] = (uint16_t)(units == 2 ? 0xdc00 + (character & 0x3ff) : character);
  }
  return true;
}

bool same_name(const struct name *left, const struct name *right) {
  if (left->count != right->count) return false;
  for (uint32_t i = 0; i < left->count; i++)
    if (upper(left->units[i]) != upper(right->units[i])) return false;
  return true;
}
