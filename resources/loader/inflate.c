/*
 * Files that are compressed with gzip, inflated as they are loaded. Sources: RFC 1952 "GZIP file format specification"; RFC 1951 "DEFLATE
 * Compressed Data Format Specification", sections as named below. Every read and write is bounded: a damaged file ends in a sentence.
 */
#include "loader.h"

/* RFC 1952, 2.3.1 */
#define GZIP_HEADER_BYTES 10u
#define GZIP_TRAILER_BYTES 8u
#define METHOD_DEFLATE 8
#define FLAG_HEADER_CHECKSUM 0x02
#define FLAG_EXTRA 0x04
#define FLAG_NAME 0x08
#define FLAG_COMMENT 0x10
#define FLAGS_KNOWN 0x1f

/* RFC 1951, 3.2.5 to 3.2.7 */
#define MAX_CODE_BITS 15
#define LITERAL_CODES 288
#define DISTANCE_CODES 30
#define LENGTH_CODES 19
#define END_OF_BLOCK 256
#define LONGEST_MATCH_CODE 285

/* Codes up to this long are found in one step. */
#define FAST_BITS 9

/* A canonical Huffman code (RFC 1951, 3.2.2). */
struct code {
  uint16_t count[MAX_CODE_BITS + 1]; /* codes of each length */
  uint16_t symbols[LITERAL_CODES];   /* by code */
  uint16_t fast[1u << FAST_BITS];    /* symbol << 4 | length, by the next bits; 0: a longer code */
};

static struct {
  const uint8_t *from, *from_end;
  uint8_t *start, *to, *to_end;
  uint32_t bits, bit_count;
  const char *what;
} work;

static struct code literals, distances;

[[noreturn]] static void damaged(const char *how) {
  fail("%s is compressed, but damaged: %s. Compress it again, and write the image again.", work.what, how);
}

/* At least so many bits in work.bits, as far as there are any; missing ones are 0. At most 25. */
static void want_bits(uint32_t count) {
  while (work.bit_count < count && work.from < work.from_end) {
    work.bits |= (uint32_t)*work.from++ << work.bit_count;
    work.bit_count += 8;
  }
}

static void drop_bits(uint32_t count) {
  if (count > work.bit_count) damaged("it ends too early");
  work.bits >>= count;
  work.bit_count -= count;
}

static uint32_t take_bits(uint32_t count) {
  want_bits(count);
  uint32_t value = work.bits & ((1u << count) - 1);
  drop_bits(count);
  return value;
}

static uint32_t reversed(uint32_t value, uint32_t count) {
  uint32_t result = 0;
  for (uint32_t i = 0; i < count; i++) result |= (value >> i & 1) << (count - 1 - i);
  return result;
}

/* From the lengths of its codes. A code must be complete, unless it is the only one of its alphabet (RFC 1951, 3.2.7). */
static void make_code(struct code *code, const uint8_t *lengths, uint32_t symbols) {
  uint16_t next[MAX_CODE_BITS + 1], place[MAX_CODE_BITS + 1];
  memset(code, 0, sizeof *code);
  for (uint32_t i = 0; i < symbols; i++) code->count[lengths[i]]++;
  uint32_t used = symbols - code->count[0];
  code->count[0] = 0;
  int32_t left = 1;
  uint32_t first = 0, index = 0;
  for (uint32_t length = 1; length <= MAX_CODE_BITS; length++) {
    left = left * 2 - code->count[length];
    if (left < 0) damaged("it has more codes than there can be");
    first = (first + code->count[length - 1]) << 1;
    next[length] = (uint16_t)first;
    place[length] = (uint16_t)index;
    index += code->count[length];
  }
  if (left > 0 && used > 1) damaged("it has bits that are no code");
  for (uint32_t i = 0; i < symbols; i++) {
    uint32_t length = lengths[i];
    if (length == 0) continue;
    code->symbols[place[length]++] = (uint16_t)i;
    uint32_t bits = reversed(next[length]++, length);
    if (length <= FAST_BITS)
      for (; bits < 1u << FAST_BITS; bits += 1u << length) code->fast[bits] = (uint16_t)(i << 4 | length);
  }
}

static uint32_t take_symbol(const struct code *code) {
  want_bits(MAX_CODE_BITS);
  uint32_t entry = code->fast[work.bits & ((1u << FAST_BITS) - 1)];
  if (entry) {
    drop_bits(entry & 15);
    return entry >> 4;
  }
  /* Bit by bit: the first code of each length, and how many shorter ones there are. */
  int32_t value = 0, first = 0, index = 0;
  for (uint32_t length = 1; length <= MAX_CODE_BITS; length++) {
    value |= (int32_t)(work.bits >> (length - 1) & 1);
    int32_t count = code->count[length];
    if (value - first < count) {
      drop_bits(length);
      return code->symbols[index + value - first];
    }
    index += count;
    first = (first + count) << 1;
    value <<= 1;
  }
  damaged("it has bits that are no code");
}

static void put_stored(void) {
  drop_bits(work.bit_count & 7);
  uint32_t length = take_bits(16), complement = take_bits(16);
  if ((length ^ complement) != 0xffff) damaged("a stored block's length is wrong");
  while (work.bit_count > 0 && length > 0) {
    if (work.to == work.to_end) damaged("it becomes longer than it says");
    *work.to++ = (uint8_t)take_bits(8);
    length--;
  }
  if (length > (uint32_t)(work.from_end - work.from)) damaged("it ends too early");
  if (length > (uint32_t)(work.to_end - work.to)) damaged("it becomes longer than it says");
  memcpy(work.to, work.from, length);
  work.to += length;
  work.from += length;
}

/* RFC 1951, 3.2.5: the bases of the codes, and their extra bits, follow from the number. */
static uint32_t take_length(uint32_t symbol) {
  uint32_t code = symbol - END_OF_BLOCK - 1;
  if (code < 8) return code + 3;
  if (symbol == LONGEST_MATCH_CODE) return 258;
  if (symbol > LONGEST_MATCH_CODE) damaged("it has a length that does not exist");
  uint32_t extra = (code >> 2) - 1;
  return ((4 + (code & 3)) << extra) + 3 + take_bits(extra);
}

static uint32_t take_distance(uint32_t code) {
  if (code < 4) return code + 1;
  if (code >= DISTANCE_CODES) damaged("it has a distance that does not exist");
  uint32_t extra = (code >> 1) - 1;
  return ((2 + (code & 1)) << extra) + 1 + take_bits(extra);
}

static void put_compressed(void) {
  for (;;) {
    uint32_t symbol = take_symbol(&literals);
    if (symbol == END_OF_BLOCK) return;
    if (symbol < END_OF_BLOCK) {
      if (work.to == work.to_end) damaged("it becomes longer than it says");
      *work.to++ = (uint8_t)symbol;
      continue;
    }
    uint32_t length = take_length(symbol), distance = take_distance(take_symbol(&distances));
    if (distance > (uint32_t)(work.to - work.start)) damaged("it refers to bytes before its start");
    if (length > (uint32_t)(work.to_end - work.to)) damaged("it becomes longer than it says");
    for (const uint8_t *from = work.to - distance; length > 0; length--) *work.to++ = *from++;
  }
}

/* RFC 1951, 3.2.6 */
static void use_fixed_codes(void) {
  uint8_t lengths[LITERAL_CODES];
  for (uint32_t i = 0; i < LITERAL_CODES; i++) lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
  make_code(&literals, lengths, LITERAL_CODES);
  /* 32 codes of 5 bits, of which two stand for nothing: take_distance refuses them. */
  memset(lengths, 5, 32);
  make_code(&distances, lengths, 32);
}

/* RFC 1951, 3.2.7 */
static void read_codes(void) {
  static const uint8_t order[LENGTH_CODES] = {16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15};
  uint8_t lengths[LITERAL_CODES + 32] = {0};
  uint32_t literal_count = take_bits(5) + 257, distance_count = take_bits(5) + 1, length_count = take_bits(4) + 4;
  if (literal_count > 286 || distance_count > DISTANCE_CODES) damaged("it has more codes than there can be");
  for (uint32_t i = 0; i < length_count; i++) lengths[order[i]] = (uint8_t)take_bits(3);
  make_code(&literals, lengths, LENGTH_CODES);
  memset(lengths, 0, sizeof lengths);
  for (uint32_t i = 0; i < literal_count + distance_count;) {
    uint32_t symbol = take_symbol(&literals), times = 1;
    uint8_t length = (uint8_t)symbol;
    if (symbol >= 16) {
      if (symbol == 16 && i == 0) damaged("it repeats a length before the first");
      length = symbol == 16 ? lengths[i - 1] : 0;
      times = symbol == 16 ? 3 + take_bits(2) : symbol == 17 ? 3 + take_bits(3) : 11 + take_bits(7);
    }
    if (times > literal_count + distance_count - i) damaged("it has more codes than it says");
    for (; times > 0; times--) lengths[i++] = length;
  }
  if (lengths[END_OF_BLOCK] == 0) damaged("a block has no end");
  make_code(&distances, lengths + literal_count, distance_count);
  make_code(&literals, lengths, literal_count);
}

static void inflate(void) {
  for (bool last = false; !last;) {
    last = take_bits(1);
    switch (take_bits(2)) {
    case 0: put_stored(); break;
    case 1: use_fixed_codes(); put_compressed(); break;
    case 2: read_codes(); put_compressed(); break;
    default: damaged("it has a block of unknown kind");
    }
  }
}

/* CRC-32 as RFC 1952, 8 has it, four bits at a time. */
static uint32_t checksum(const uint8_t *at, uint32_t bytes) {
  uint32_t table[16], sum = UINT32_MAX;
  for (uint32_t i = 0; i < 16; i++) {
    table[i] = i;
    for (int bit = 0; bit < 4; bit++) table[i] = table[i] >> 1 ^ (table[i] & 1 ? 0xedb88320u : 0);
  }
  for (; bytes > 0; bytes--) {
    sum ^= *at++;
    sum = sum >> 4 ^ table[sum & 15];
    sum = sum >> 4 ^ table[sum & 15];
  }
  return ~sum;
}

/* Where the compressed data begins (RFC 1952, 2.3). */
static uint32_t skip_header(const uint8_t *file, uint32_t bytes) {
  uint8_t flags = file[3];
  uint32_t at = GZIP_HEADER_BYTES;
  if (file[2] != METHOD_DEFLATE || (flags & ~FLAGS_KNOWN)) damaged("its method is not the one of gzip");
  if (flags & FLAG_EXTRA) at += 2 + (file[at] | (uint32_t)file[at + 1] << 8);
  for (uint8_t text = FLAG_NAME; text <= FLAG_COMMENT; text <<= 1) {
    if (!(flags & text)) continue;
    while (at < bytes && file[at]) at++;
    at++;
  }
  if (flags & FLAG_HEADER_CHECKSUM) at += 2;
  if (at > bytes - GZIP_TRAILER_BYTES) damaged("it ends in its header");
  return at;
}

void inflate_if_compressed(struct file *file, const char *what) {
  uint8_t start[2];
  if (file->bytes < GZIP_HEADER_BYTES + GZIP_TRAILER_BYTES) return;
  file_read(file, what, 0, sizeof start, start);
  if (start[0] != 0x1f || start[1] != 0x8b) return;

  work.what = what;
  uint32_t bytes = file->bytes;
  uint8_t *compressed = at_address(allocate(bytes, PAGE_BYTES, RESERVED_UNTIL_ENTRY, "a compressed file"));
  file_read(file, what, 0, bytes, compressed);
  const uint8_t *trailer = compressed + bytes - GZIP_TRAILER_BYTES;
  uint32_t inflated = read_u32(trailer + 4);
  /* DEFLATE shrinks nothing to less than a 1032nd: a match of 258 bytes takes two bits. */
  if (inflated >> 10 > bytes + (bytes >> 6)) damaged("it says it becomes longer than it can");
  uint32_t to = allocate(inflated ? inflated : 1, PAGE_BYTES, RESERVED_UNTIL_ENTRY, "an inflated file");
  work.from = compressed + skip_header(compressed, bytes);
  work.from_end = trailer;
  work.start = work.to = at_address(to);
  work.to_end = work.start + inflated;
  work.bits = work.bit_count = 0;
  inflate();
  if (work.to != work.to_end) damaged("it becomes shorter than it says");
  /* Bits that were taken from the file but not used are the rest of its last byte. */
  if (work.from != work.from_end || work.bit_count >= 8) damaged("it goes on behind its end");
  if (checksum(work.start, inflated) != read_u32(trailer)) damaged("its checksum is wrong");
  *file = (struct file){.bytes = inflated, .memory = to};
}
