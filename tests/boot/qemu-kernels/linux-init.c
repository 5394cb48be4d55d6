/* /init of an initial RAM disk: a program for Linux without a library. Tells what the kernel learnt from the boot loader. */
#include "report.h"

enum { READ = 0, OPEN = 2, CLOSE = 3, MKDIR = 83, ACCESS = 21, MOUNT = 165, IOPL = 172 };

static long call(long number, long a, long b, long c, long d, long e) {
  long result;
  register long r10 __asm__("r10") = d, r8 __asm__("r8") = e;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
  return result;
}

static char text[65536];

static long read_file(const char *path) {
  long file = call(OPEN, (long)path, 0, 0, 0, 0), length = 0, more = 0;
  if (file < 0) return file;
  while ((more = call(READ, file, (long)text + length, sizeof text - 1 - length, 0, 0)) > 0) length += more;
  call(CLOSE, file, 0, 0, 0, 0);
  text[length] = 0;
  return length;
}

static void mount(const char *kind, const char *folder) {
  call(MKDIR, (long)folder, 0755, 0, 0, 0);
  call(MOUNT, (long)kind, (long)folder, (long)kind, 0, 0);
}

static uint32_t sum_of(long length) {
  uint32_t sum = 0;
  for (long i = 0; i < length; i++) sum = sum * 31 + (uint8_t)text[i];
  return sum;
}

/* The number behind a name in text. */
static uint64_t number_after(const char *name) {
  for (const char *at = text; *at; at++) {
    const char *a = at, *b = name;
    while (*b && *a == *b) a++, b++;
    if (*b) continue;
    uint64_t value = 0;
    while (*a == ' ') a++;
    for (; *a >= '0' && *a <= '9'; a++) value = value * 10 + (uint64_t)(*a - '0');
    return value;
  }
  return 0;
}

void start(void) {
  call(IOPL, 3, 0, 0, 0, 0);
  print("\n");
  mount("proc", "/proc");
  mount("sysfs", "/sys");
  long length = read_file("/proc/cmdline");
  if (length > 0) text[length - 1] = 0;
  check("command line", length > 0 && same_text(text, EXPECTED_COMMAND_LINE), (uint64_t)length);
  length = read_file("/first.txt");
  check("first archive", sum_of(length) == EXPECTED_FIRST, (uint64_t)length);
  length = read_file("/second.txt");
  check("second archive", sum_of(length) == EXPECTED_SECOND, (uint64_t)length);
  read_file("/proc/meminfo");
  uint64_t kib = number_after("MemTotal:");
  check("memory", kib > EXPECTED_MIB * 1024ull * 3 / 4 && kib < EXPECTED_MIB * 1024ull, kib);
  bool efi = call(ACCESS, (long)"/sys/firmware/efi", 0, 0, 0, 0) == 0;
  check("firmware", efi == EXPECTED_EFI, efi);
  /* The files are there when the firmware has such tables, and else not. */
  check("ACPI tables", (call(ACCESS, (long)"/sys/firmware/acpi/tables/FACP", 0, 0, 0, 0) == 0) == EXPECTED_TABLES, 0);
  check("SMBIOS", (call(ACCESS, (long)"/sys/firmware/dmi/tables/DMI", 0, 0, 0, 0) == 0) == EXPECTED_TABLES, 0);
  length = read_file("/sys/kernel/boot_params/data");
  check("loader's type", length == 4096 && (uint8_t)text[0x210] == 0xff, (uint8_t)text[0x210]);
  check("screen", (uint8_t)text[0x0f] == EXPECTED_SCREEN, (uint8_t)text[0x0f]);
  finish();
}
