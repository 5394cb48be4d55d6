/* The graphics mode. Source: UEFI 2.10, 12.9 "Graphics Output Protocol". */
#include "program.h"

static const EFI_GUID graphics_output = {0x9042a9de, 0x23dc, 0x4a38, {0x96, 0xfb, 0x7a, 0xde, 0xd0, 0x80, 0x51, 0x6a}};

#define PIXEL_BYTES 4

/* Position and size of a colour's bits. */
static void describe_mask(uint32_t mask, uint8_t *to) {
  to[0] = mask ? (uint8_t)__builtin_ctz(mask) : 0;
  to[1] = (uint8_t)__builtin_popcount(mask);
}

/* Whether such a mode has a framebuffer of 32-bit pixels. */
static bool has_framebuffer(const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode) {
  const EFI_PIXEL_BITMASK *masks = &mode->PixelInformation;
  if (mode->PixelFormat == PixelBitMask) return (masks->RedMask | masks->GreenMask | masks->BlueMask | masks->ReservedMask) >> 24;
  return mode->PixelFormat < PixelBltOnly;
}

static uint32_t distance(uint32_t a, uint32_t b) { return a > b ? a - b : b - a; }

static void set_nearest(EFI_GRAPHICS_OUTPUT_PROTOCOL *graphics, uint32_t width, uint32_t height) {
  uint32_t best = graphics->Mode->Mode, least = UINT32_MAX;
  for (uint32_t number = 0; number < graphics->Mode->MaxMode; number++) {
    EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode;
    size_t bytes;
    if (graphics->QueryMode(graphics, number, &bytes, &mode) != EFI_SUCCESS) continue;
    uint32_t badness = distance(mode->HorizontalResolution, width) + distance(mode->VerticalResolution, height);
    if (has_framebuffer(mode) && badness < least) best = number, least = badness;
    boot_services->FreePool(mode);
  }
  /* A mode that cannot be set after all leaves the one that is there. */
  if (best != graphics->Mode->Mode) graphics->SetMode(graphics, best);
}

void screen_hand_over(uint32_t width, uint32_t height, struct hand_over_screen *to) {
  EFI_GRAPHICS_OUTPUT_PROTOCOL *graphics;
  if (boot_services->LocateProtocol(&graphics_output, NULL, (void **)&graphics) != EFI_SUCCESS) return;
  if (width && height) set_nearest(graphics, width, height);
  const EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *current = graphics->Mode;
  const EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *mode = current->Info;
  if (!mode || !has_framebuffer(mode) || current->FrameBufferBase + current->FrameBufferSize > UINT32_MAX) return;
  *to = (struct hand_over_screen){
      .address = (uint32_t)current->FrameBufferBase,
      .pitch = mode->PixelsPerScanLine * PIXEL_BYTES,
      .width = mode->HorizontalResolution,
      .height = mode->VerticalResolution,
  };
  bool red_first = mode->PixelFormat == PixelRedGreenBlueReserved8BitPerColor, masks = mode->PixelFormat == PixelBitMask;
  describe_mask(masks ? mode->PixelInformation.RedMask : red_first ? 0x0000ff : 0xff0000, to->colours);
  describe_mask(masks ? mode->PixelInformation.GreenMask : 0x00ff00, to->colours + 2);
  describe_mask(masks ? mode->PixelInformation.BlueMask : red_first ? 0xff0000 : 0x0000ff, to->colours + 4);
}
