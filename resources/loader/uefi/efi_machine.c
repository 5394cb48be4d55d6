/*
 * What the 32-bit part knows of the machine, from the UEFI program. Sources: SMBIOS 3.7, 5.2 "Table entry point"; Intel SDM volume 3, 11.5.1 "Local Vector
 * Table" and 11.12 "Extended xAPIC"; Intel 8259A data sheet.
 */
#include "enter.h"

#define PIC_MASTER_MASK 0x21
#define PIC_SLAVE_MASK 0xa1

#define MSR_APIC_BASE 0x1b
#define APIC_ENABLED (1u << 11)
#define APIC_X2 (1u << 10)
#define APIC_BASE_MASK 0xfffff000u
#define APIC_LVT_TIMER 0x320
#define MSR_X2APIC_LVT_TIMER 0x832
#define LVT_MASKED (1u << 16)
#define CPUID_APIC (1u << 9)

static uint64_t read_msr(uint32_t number) {
  uint32_t low, high;
  __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
  return (uint64_t)high << 32 | low;
}

/* A kernel that turns interrupts on must not find the firmware's timer ticking at a vector it does not know. */
void interrupts_quiet(void) {
  outb(PIC_MASTER_MASK, 0xff);
  outb(PIC_SLAVE_MASK, 0xff);
  uint32_t eax = 1, ebx, ecx, edx;
  __asm__ volatile("cpuid" : "+a"(eax), "=b"(ebx), "=c"(ecx), "=d"(edx));
  if (!(edx & CPUID_APIC)) return;
  uint64_t base = read_msr(MSR_APIC_BASE);
  if (!(base & APIC_ENABLED)) return;
  if (base & APIC_X2) {
    __asm__ volatile("wrmsr" : : "a"(LVT_MASKED), "d"(0), "c"(MSR_X2APIC_LVT_TIMER));
    return;
  }
  volatile uint32_t *timer = at_address(((uint32_t)base & APIC_BASE_MASK) + APIC_LVT_TIMER);
  *timer = *timer | LVT_MASKED;
}

uint8_t *loader_scratch(void) {
  static uint8_t scratch[SCRATCH_BYTES];
  return scratch;
}

uint32_t loader_end(void) { return ONE_MIB; /* it lies far above; what a kernel wants in the first MiB may come last all the same */ }

const struct firmware_facts *firmware_facts(void) {
  static struct firmware_facts facts;
  facts = (struct firmware_facts){
      .is_uefi = true,
      .is_64bit = hand_over->is_64bit,
      .boot_partition = NO_PARTITION,
      .seconds = hand_over->seconds,
      .system_table = hand_over->system_table,
      .image_handle = hand_over->image_handle,
      .efi_map = hand_over->efi_map,
      .efi_map_bytes = hand_over->efi_map_bytes,
      .efi_descriptor_bytes = hand_over->efi_descriptor_bytes,
      .efi_descriptor_version = hand_over->efi_descriptor_version,
  };
  return &facts;
}

uint32_t firmware_drives(struct firmware_drive drives[MAX_DRIVES]) {
  (void)drives; /* UEFI has no drive numbers */
  return 0;
}

const uint8_t *find_acpi_root(void) { return hand_over->acpi_root ? at_address(hand_over->acpi_root) : NULL; }

struct management_tables find_management_tables(void) {
  struct management_tables found = {.entry_32 = hand_over->management_entry_32, .entry_64 = hand_over->management_entry_64};
  const uint8_t *at_32 = at_address(found.entry_32), *at_64 = at_address(found.entry_64);
  if (found.entry_64 && !read_u32(at_64 + 20)) {
    found.major = at_64[7];
    found.minor = at_64[8];
    found.address = read_u32(at_64 + 16);
    found.bytes = read_u32(at_64 + 12);
  } else if (found.entry_32) {
    found.major = at_32[6];
    found.minor = at_32[7];
    found.address = read_u32(at_32 + 24);
    found.bytes = read_u16(at_32 + 22);
  }
  return found;
}

/* The screen is what the UEFI program made it. There is no text mode: without a framebuffer there is no screen at all. */
const struct screen *current_screen(void) {
  static struct screen screen;
  const struct hand_over_screen *from = &hand_over->screen;
  screen = (struct screen){.address = from->address, .pitch = from->pitch, .width = from->width, .height = from->height, .bits = 32, .graphics = true};
  memcpy(screen.colours, from->colours, sizeof screen.colours);
  return &screen;
}

static bool graphics_wanted;

bool graphics_start(uint32_t width, uint32_t height, uint32_t bits) {
  (void)width, (void)height, (void)bits; /* the UEFI program has done its best with the boot entry's parameters */
  graphics_wanted = true;
  return hand_over->screen.width != 0;
}

/* The screen is cleared. Of a kernel for text mode a person would see nothing, and take it for broken. */
void firmware_finish(void) {
  /* Linux draws without asking for a mode. */
  if (graphics_wanted || hand_over->protocol == PROTOCOL_LINUX) return;
  screen_note("%s runs now. UEFI has no VGA text memory (0xb8000): a kernel that writes there shows nothing. Start this disk by BIOS (the firmware's legacy or CSM entry), "
              "or let the kernel ask for a framebuffer.",
              (const char *)at_address(hand_over->kernel_path));
}

bool graphics_start_vga(void) { return false; }
