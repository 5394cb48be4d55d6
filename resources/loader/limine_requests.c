/* Finding a Limine kernel's base revision and requests. Source: limine-protocol, PROTOCOL.md, "Requests Delimiters", "Limine Requests Section", "Base Revisions". */
#include "limine.h"

static struct limine_request *requests[LIMINE_FEATURE_COUNT];

static const struct {
  const char *name;
  uint64_t id[2];
} features[] = {
#define X(key, name, first, second) {name, {first, second}},
    LIMINE_FEATURES(X)
#undef X
};

static const uint64_t common[] = {LIMINE_COMMON}, revision_tag[] = {LIMINE_REVISION_TAG}, start_marker[] = {LIMINE_START_MARKER},
                      end_marker[] = {LIMINE_END_MARKER};

static bool starts_with(const uint64_t *at, const uint64_t *end, const uint64_t *words, uint32_t count) {
  if (at[0] != words[0] || (uint32_t)(end - at) < count) return false;
  for (uint32_t i = 1; i < count; i++)
    if (at[i] != words[i]) return false;
  return true;
}

struct limine_request *limine_request(enum limine_feature feature) { return requests[feature]; }

void *limine_in_kernel(uint64_t address, uint32_t bytes, const char *what) {
  if (address < limine.base || bytes > limine.bytes || address - limine.base > limine.bytes - bytes)
    fail("the kernel gives %X as %s, which is not an address in it (%X to %X).", address, what, limine.base, limine.base + limine.bytes - 1);
  return at_address(limine.frames + (uint32_t)(address - limine.base));
}

static void add_request(struct limine_request *request) {
  for (uint32_t i = 0; i < LIMINE_FEATURE_COUNT; i++) {
    if (request->id[2] != features[i].id[0] || request->id[3] != features[i].id[1]) continue;
    if (requests[i])
      fail("the kernel has the Limine request %s twice, at %X and %X. Remove one.", features[i].name,
           limine.base + (uint32_t)requests[i] - limine.frames, limine.base + (uint32_t)request - limine.frames);
    requests[i] = request;
  }
}

/* Kernels of base revision 0 may have a section with pointers to their requests, ended by 0. */
static bool read_section(void) {
  uint64_t offset, bytes;
  if (!elf_find_section(limine.boot, LIMINE_SECTION, &offset, &bytes)) return false;
  for (uint64_t at = 0, pointer; at + sizeof pointer <= bytes; at += sizeof pointer) {
    file_read(&limine.boot->kernel, "the kernel file", offset + at, sizeof pointer, &pointer);
    if (pointer == 0) break;
    add_request(limine_in_kernel(pointer, sizeof(struct limine_request), "a pointer in its section " LIMINE_SECTION));
  }
  return true;
}

static void use_revision(uint64_t *tag) {
  if (tag[2] > LIMINE_HIGHEST_REVISION)
    fail("the kernel wants base revision %X of the Limine protocol, this loader knows 0 to %u. Ask for an older one.", tag[2],
         (uint32_t)LIMINE_HIGHEST_REVISION);
  limine.revision = (uint32_t)tag[2];
  tag[1] = tag[2];
  tag[2] = 0;
}

void limine_find_requests(void) {
  uint64_t *start = at_address(limine.frames), *end = start + (uint32_t)limine.bytes / sizeof *end;
  for (uint64_t *at = start; at < end; at++)
    if (starts_with(at, end, start_marker, 4)) start = at + 4;
  for (uint64_t *at = start; at < end; at++)
    if (starts_with(at, end, end_marker, 2)) end = at;
  for (uint64_t *at = start; at < end; at++)
    if (starts_with(at, end, revision_tag, 2) && end - at >= 3) {
      use_revision(at);
      break;
    }
  if (limine.revision == 0 && read_section()) return;
  for (uint64_t *at = start; at < end; at++)
    if (starts_with(at, end, common, 2) && (uint32_t)(end - at) * sizeof *at >= sizeof(struct limine_request)) add_request((struct limine_request *)at);
}
