/* Memory below 4 GiB: the 32-bit part reaches no other. */
#include "program.h"

#define HIGHEST 0xffffffffull

void *low_allocate(size_t bytes, uint32_t memory_type, const char *purpose) {
  EFI_PHYSICAL_ADDRESS address = HIGHEST;
  size_t pages = (bytes + EFI_PAGE_BYTES - 1) / EFI_PAGE_BYTES;
  if (boot_services->AllocatePages(AllocateMaxAddress, memory_type, pages ? pages : 1, &address) != EFI_SUCCESS)
    fail("there is no room for %s below 4 GiB: %X bytes are wanted. Give the machine more memory.", purpose, (uint64_t)bytes);
  return memset((void *)(uintptr_t)address, 0, pages * EFI_PAGE_BYTES);
}

uint32_t low_address(const void *at) { return (uint32_t)(uintptr_t)at; }
