/*
 * What the UEFI program uses of the firmware, with the names of the UEFI Specification 2.10: chapter 4 "EFI System Table", 7 "Services - Boot Services",
 * 8 "Services - Runtime Services", 10 "Device Path Protocol", 12.4 "Simple Text Output Protocol", 12.9 "Graphics Output Protocol", 13.9 "Block I/O
 * Protocol". Members that nothing here calls are only counted. The compiler's target is Windows's, whose calling convention UEFI's is.
 */
#ifndef BOOTLAB_UEFI_H
#define BOOTLAB_UEFI_H

#include <stddef.h>
#include <stdint.h>

typedef size_t EFI_STATUS;
typedef void *EFI_HANDLE;
typedef uint64_t EFI_PHYSICAL_ADDRESS;

#define EFI_ERROR_BIT ((size_t)1 << (sizeof(size_t) * 8 - 1))
#define EFI_SUCCESS 0
#define EFI_LOAD_ERROR (EFI_ERROR_BIT | 1)

typedef struct {
  uint32_t Data1;
  uint16_t Data2, Data3;
  uint8_t Data4[8];
} EFI_GUID;

typedef struct {
  uint64_t Signature;
  uint32_t Revision, HeaderSize, CRC32, Reserved;
} EFI_TABLE_HEADER;

typedef struct {
  uint16_t ScanCode;
  uint16_t UnicodeChar;
} EFI_INPUT_KEY;

typedef struct EFI_SIMPLE_TEXT_INPUT_PROTOCOL {
  void *Reset;
  EFI_STATUS (*ReadKeyStroke)(struct EFI_SIMPLE_TEXT_INPUT_PROTOCOL *This, EFI_INPUT_KEY *Key);
  void *WaitForKey;
} EFI_SIMPLE_TEXT_INPUT_PROTOCOL;

typedef struct {
  int32_t MaxMode, Mode;
} SIMPLE_TEXT_OUTPUT_MODE;

typedef struct EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL {
  void *Reset;
  EFI_STATUS (*OutputString)(struct EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *This, const uint16_t *String);
  void *TestString;
  EFI_STATUS (*QueryMode)(struct EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *This, size_t ModeNumber, size_t *Columns, size_t *Rows);
  void *SetMode;
  EFI_STATUS (*SetAttribute)(struct EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *This, size_t Attribute);
  EFI_STATUS (*ClearScreen)(struct EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *This);
  EFI_STATUS (*SetCursorPosition)(struct EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *This, size_t Column, size_t Row);
  void *EnableCursor;
  SIMPLE_TEXT_OUTPUT_MODE *Mode;
} EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL;

enum EFI_MEMORY_TYPE {
  EfiReservedMemoryType,
  EfiLoaderCode,
  EfiLoaderData,
  EfiBootServicesCode,
  EfiBootServicesData,
  EfiRuntimeServicesCode,
  EfiRuntimeServicesData,
  EfiConventionalMemory,
  EfiUnusableMemory,
  EfiACPIReclaimMemory,
  EfiACPIMemoryNVS,
};

enum EFI_ALLOCATE_TYPE { AllocateAnyPages, AllocateMaxAddress, AllocateAddress };
enum EFI_LOCATE_SEARCH_TYPE { AllHandles, ByRegisterNotify, ByProtocol };

typedef struct {
  uint32_t Type, Padding;
  EFI_PHYSICAL_ADDRESS PhysicalStart;
  uint64_t VirtualStart, NumberOfPages, Attribute;
} EFI_MEMORY_DESCRIPTOR;

#define EFI_PAGE_BYTES 4096u

typedef struct {
  uint8_t Type, SubType, Length[2];
} EFI_DEVICE_PATH_PROTOCOL;

#define DEVICE_PATH_MEDIA 4
#define DEVICE_PATH_HARD_DRIVE 1
#define DEVICE_PATH_CD_ROM 2
#define DEVICE_PATH_END 0x7f
#define DEVICE_PATH_END_ENTIRE 0xff

/* 10.3.5.1 "Hard Drive": the partition's start is in blocks of its disk. */
typedef struct [[gnu::packed]] {
  EFI_DEVICE_PATH_PROTOCOL Header;
  uint32_t PartitionNumber;
  uint64_t PartitionStart, PartitionSize;
} HARDDRIVE_DEVICE_PATH;

typedef struct {
  EFI_TABLE_HEADER Hdr;
  void *RaiseTPL, *RestoreTPL;
  EFI_STATUS (*AllocatePages)(uint32_t Type, uint32_t MemoryType, size_t Pages, EFI_PHYSICAL_ADDRESS *Memory);
  EFI_STATUS (*FreePages)(EFI_PHYSICAL_ADDRESS Memory, size_t Pages);
  EFI_STATUS (*GetMemoryMap)(size_t *MemoryMapSize, EFI_MEMORY_DESCRIPTOR *MemoryMap, size_t *MapKey, size_t *DescriptorSize, uint32_t *DescriptorVersion);
  void *AllocatePool;
  EFI_STATUS (*FreePool)(void *Buffer);
  void *CreateEvent, *SetTimer, *WaitForEvent, *SignalEvent, *CloseEvent, *CheckEvent;
  void *InstallProtocolInterface, *ReinstallProtocolInterface, *UninstallProtocolInterface;
  EFI_STATUS (*HandleProtocol)(EFI_HANDLE Handle, const EFI_GUID *Protocol, void **Interface);
  void *Reserved, *RegisterProtocolNotify, *LocateHandle;
  EFI_STATUS (*LocateDevicePath)(const EFI_GUID *Protocol, EFI_DEVICE_PATH_PROTOCOL **DevicePath, EFI_HANDLE *Device);
  void *InstallConfigurationTable;
  void *LoadImage, *StartImage;
  EFI_STATUS (*Exit)(EFI_HANDLE ImageHandle, EFI_STATUS ExitStatus, size_t ExitDataSize, uint16_t *ExitData);
  void *UnloadImage;
  EFI_STATUS (*ExitBootServices)(EFI_HANDLE ImageHandle, size_t MapKey);
  void *GetNextMonotonicCount;
  EFI_STATUS (*Stall)(size_t Microseconds);
  EFI_STATUS (*SetWatchdogTimer)(size_t Timeout, uint64_t WatchdogCode, size_t DataSize, uint16_t *WatchdogData);
  void *ConnectController, *DisconnectController, *OpenProtocol, *CloseProtocol, *OpenProtocolInformation, *ProtocolsPerHandle;
  EFI_STATUS (*LocateHandleBuffer)(uint32_t SearchType, const EFI_GUID *Protocol, void *SearchKey, size_t *NoHandles, EFI_HANDLE **Buffer);
  EFI_STATUS (*LocateProtocol)(const EFI_GUID *Protocol, void *Registration, void **Interface);
} EFI_BOOT_SERVICES;

typedef struct {
  uint16_t Year;
  uint8_t Month, Day, Hour, Minute, Second, Pad1;
  uint32_t Nanosecond;
  int16_t TimeZone;
  uint8_t Daylight, Pad2;
} EFI_TIME;

#define EFI_UNSPECIFIED_TIMEZONE 0x07ff

typedef struct {
  EFI_TABLE_HEADER Hdr;
  EFI_STATUS (*GetTime)(EFI_TIME *Time, void *Capabilities);
} EFI_RUNTIME_SERVICES;

typedef struct {
  EFI_GUID VendorGuid;
  void *VendorTable;
} EFI_CONFIGURATION_TABLE;

typedef struct {
  EFI_TABLE_HEADER Hdr;
  uint16_t *FirmwareVendor;
  uint32_t FirmwareRevision;
  EFI_HANDLE ConsoleInHandle;
  EFI_SIMPLE_TEXT_INPUT_PROTOCOL *ConIn;
  EFI_HANDLE ConsoleOutHandle;
  EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *ConOut;
  EFI_HANDLE StandardErrorHandle;
  EFI_SIMPLE_TEXT_OUTPUT_PROTOCOL *StdErr;
  EFI_RUNTIME_SERVICES *RuntimeServices;
  EFI_BOOT_SERVICES *BootServices;
  size_t NumberOfTableEntries;
  EFI_CONFIGURATION_TABLE *ConfigurationTable;
} EFI_SYSTEM_TABLE;

typedef struct {
  uint32_t Revision;
  EFI_HANDLE ParentHandle;
  EFI_SYSTEM_TABLE *SystemTable;
  EFI_HANDLE DeviceHandle;
} EFI_LOADED_IMAGE_PROTOCOL;

typedef struct {
  uint32_t MediaId;
  /* BOOLEAN is a byte of 0 or 1. */
  uint8_t RemovableMedia, MediaPresent, LogicalPartition, ReadOnly, WriteCaching;
  uint32_t BlockSize, IoAlign;
  uint64_t LastBlock;
} EFI_BLOCK_IO_MEDIA;

typedef struct EFI_BLOCK_IO_PROTOCOL {
  uint64_t Revision;
  EFI_BLOCK_IO_MEDIA *Media;
  void *Reset;
  EFI_STATUS (*ReadBlocks)(struct EFI_BLOCK_IO_PROTOCOL *This, uint32_t MediaId, uint64_t LBA, size_t BufferSize, void *Buffer);
} EFI_BLOCK_IO_PROTOCOL;

enum EFI_GRAPHICS_PIXEL_FORMAT { PixelRedGreenBlueReserved8BitPerColor, PixelBlueGreenRedReserved8BitPerColor, PixelBitMask, PixelBltOnly };

typedef struct {
  uint32_t RedMask, GreenMask, BlueMask, ReservedMask;
} EFI_PIXEL_BITMASK;

typedef struct {
  uint32_t Version;
  uint32_t HorizontalResolution, VerticalResolution;
  uint32_t PixelFormat;
  EFI_PIXEL_BITMASK PixelInformation;
  uint32_t PixelsPerScanLine;
} EFI_GRAPHICS_OUTPUT_MODE_INFORMATION;

typedef struct {
  uint32_t MaxMode, Mode;
  EFI_GRAPHICS_OUTPUT_MODE_INFORMATION *Info;
  size_t SizeOfInfo;
  EFI_PHYSICAL_ADDRESS FrameBufferBase;
  size_t FrameBufferSize;
} EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE;

typedef struct EFI_GRAPHICS_OUTPUT_PROTOCOL {
  EFI_STATUS (*QueryMode)(struct EFI_GRAPHICS_OUTPUT_PROTOCOL *This, uint32_t ModeNumber, size_t *SizeOfInfo, EFI_GRAPHICS_OUTPUT_MODE_INFORMATION **Info);
  EFI_STATUS (*SetMode)(struct EFI_GRAPHICS_OUTPUT_PROTOCOL *This, uint32_t ModeNumber);
  void *Blt;
  EFI_GRAPHICS_OUTPUT_PROTOCOL_MODE *Mode;
} EFI_GRAPHICS_OUTPUT_PROTOCOL;

static_assert(sizeof(EFI_MEMORY_DESCRIPTOR) == 40 && offsetof(EFI_BLOCK_IO_MEDIA, LastBlock) == 24);
static_assert(sizeof(EFI_TABLE_HEADER) == 24 && offsetof(EFI_BOOT_SERVICES, LocateProtocol) == 24 + 37 * sizeof(void *), "UEFI 2.10, 4.4");

#endif
