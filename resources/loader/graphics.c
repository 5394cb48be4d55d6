/* The screen a kernel asks for: text mode, or a linear framebuffer. Source: VESA BIOS Extension (VBE) Core Functions Standard 3.0, functions 00h, 01h, 02h. */
#include "bios.h"

#define VBE_OK 0x004f
#define VBE_INFORMATION_BYTES 512
#define VBE_MODE_BYTES 256
#define VBE_MODES_END 0xffff
#define VBE_LINEAR 0x4000
/* Supported, colour, graphics, linear framebuffer. */
#define MODE_WANTED 0x0099
#define MEMORY_DIRECT_COLOUR 6
#define VIDEO_MODE_320X200 0x0013

/* Modes are looked at where the disk's bounce buffer is. */
#define CONTROLLER_AT BOUNCE_ADDRESS
#define MODE_AT (BOUNCE_ADDRESS + VBE_INFORMATION_BYTES)

static struct screen screen = {.address = 0xb8000, .pitch = 160, .width = 80, .height = 25, .bits = 16};

const struct screen *current_screen(void) { return &screen; }

static uint32_t u16_at(uint32_t address) {
  const uint8_t *at = at_address(address);
  return at[0] | (uint32_t)at[1] << 8;
}

static uint8_t u8_at(uint32_t address) { return *(const uint8_t *)at_address(address); }

static bool call(uint32_t function, uint32_t mode, uint32_t to) {
  struct bios_registers registers = {.eax = function, .ebx = mode | VBE_LINEAR, .ecx = mode, .edi = to & 15, .es = to >> 4};
  bios_call(0x10, &registers);
  return (registers.eax & 0xffff) == VBE_OK;
}

static uint32_t distance(uint32_t a, uint32_t b) { return a > b ? a - b : b - a; }

/* How far the mode at MODE_AT is from what is wanted; UINT32_MAX when it is of no use. */
static uint32_t badness(uint32_t width, uint32_t height, uint32_t bits) {
  if ((u16_at(MODE_AT) & MODE_WANTED) != MODE_WANTED || u8_at(MODE_AT + 27) != MEMORY_DIRECT_COLOUR) return UINT32_MAX;
  return (distance(u16_at(MODE_AT + 18), width) + distance(u16_at(MODE_AT + 20), height)) * 64 + distance(u8_at(MODE_AT + 25), bits);
}

static bool look_at(uint32_t mode) {
  memset(at_address(MODE_AT), 0, VBE_MODE_BYTES);
  return call(0x4f01, mode, MODE_AT);
}

bool graphics_start(uint32_t width, uint32_t height, uint32_t bits) {
  /* 0: no preference. */
  if (!width || !height) width = 1024, height = 768;
  if (!bits) bits = 32;
  memset(at_address(CONTROLLER_AT), 0, VBE_INFORMATION_BYTES);
  memcpy(at_address(CONTROLLER_AT), "VBE2", 4);
  if (!call(0x4f00, 0, CONTROLLER_AT)) return false;
  uint32_t list = (u16_at(CONTROLLER_AT + 16) << 4) + u16_at(CONTROLLER_AT + 14), best = VBE_MODES_END, least = UINT32_MAX;
  for (uint32_t mode; (mode = u16_at(list)) != VBE_MODES_END; list += 2) {
    if (!look_at(mode)) continue;
    uint32_t found = badness(width, height, bits);
    if (found < least) best = mode, least = found;
  }
  if (best == VBE_MODES_END || !look_at(best) || !call(0x4f02, best, MODE_AT)) return false;
  screen = (struct screen){
      .address = read_u32(at_address(MODE_AT + 40)),
      .pitch = u16_at(MODE_AT + 16),
      .width = u16_at(MODE_AT + 18),
      .height = u16_at(MODE_AT + 20),
      .bits = u8_at(MODE_AT + 25),
      .graphics = true,
      /* Position and size of red, green, blue, as Multiboot has them; VBE has the size first. */
      .colours = {u8_at(MODE_AT + 32), u8_at(MODE_AT + 31), u8_at(MODE_AT + 34), u8_at(MODE_AT + 33), u8_at(MODE_AT + 36), u8_at(MODE_AT + 35)},
  };
  return true;
}

bool graphics_start_vga(void) {
  struct bios_registers registers = {.eax = VIDEO_MODE_320X200};
  bios_call(0x10, &registers);
  return true;
}
