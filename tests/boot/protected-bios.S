# Calls what a BIOS has for protected mode, and writes to port E9h what it gets, as doublewords: checksums of the structures that are found by searching;
# the 32-bit service directory; the PCI BIOS; APM connected for 32 bits. Two sectors, loaded at 7C00h; ends with 0 at port F4h.
.intel_syntax noprefix
.code16
.globl _start
_start:
  xor ax, ax
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov sp, 0x7c00
  mov ax, 0x0203          # the sectors that follow
  mov cx, 2
  xor dh, dh
  mov bx, 0x7e00
  int 0x13
  mov ax, 0x5303          # APM: connect for 32 bits
  xor bx, bx
  int 0x15
  mov [apm_offset], ebx
  movzx eax, ax
  shl eax, 4
  mov [apm32 + 2], ax     # descriptors of its segments
  shr eax, 16
  mov [apm32 + 4], al
  movzx eax, cx
  shl eax, 4
  mov [apm16 + 2], ax
  shr eax, 16
  mov [apm16 + 4], al
  movzx eax, dx
  shl eax, 4
  mov [apm_data + 2], ax
  shr eax, 16
  mov [apm_data + 4], al
  cli
  lgdt [gdt_pointer]
  mov eax, cr0
  or al, 1
  mov cr0, eax
  .att_syntax
  ljmp $0x08, $protected
  .intel_syntax noprefix
  .org 510
  .word 0xaa55

.code32
protected:
  mov ax, 0x10
  mov ds, ax
  mov es, ax
  mov ss, ax
  mov esp, 0x7c00
  mov eax, 0x5f32335f     # "_32_": paragraphs in byte 9
  call find
  movzx ecx, byte ptr [esi + 9]
  shl ecx, 4
  call sum
  mov eax, [esi + 4]
  mov [far_directory], eax
  mov eax, 0x506e5024     # "$PnP": bytes in byte 5
  call find
  movzx ecx, byte ptr [esi + 5]
  call sum
  mov eax, 0x52495024     # "$PIR": bytes in word 6
  call find
  movzx ecx, word ptr [esi + 6]
  call sum
  movzx eax, word ptr [esi + 4]
  call put
  # The directory: the PCI BIOS, a service that nobody has, a function that it does not have.
  mov eax, 0x49435024
  xor ebx, ebx
  call fword ptr [far_directory]
  add ebx, edx
  mov [far_pci], ebx
  movzx eax, al
  call put
  mov eax, 0x44494f4e
  xor ebx, ebx
  call fword ptr [far_directory]
  movzx eax, al
  call put
  mov eax, 0x49435024
  mov ebx, 1
  call fword ptr [far_directory]
  movzx eax, al
  call put
  # The PCI BIOS: is it there; 8086:1237; 8086:7113; a device that is not; class 060100h; vendor, class and a byte by reading; a register that is not.
  mov eax, 0xb101
  call pci
  mov eax, edx
  call put
  mov eax, 0xb102
  mov edx, 0x8086
  mov ecx, 0x1237
  xor esi, esi
  call pci
  mov eax, 0xb102
  mov edx, 0x8086
  mov ecx, 0x7113
  xor esi, esi
  call pci
  mov eax, 0xb102
  mov edx, 0x8086
  mov ecx, 0xbeef
  xor esi, esi
  call pci
  mov eax, 0xb103
  mov ecx, 0x060100
  xor esi, esi
  call pci
  mov eax, 0xb10a
  xor ebx, ebx
  xor edi, edi
  call pci
  mov eax, ecx
  call put
  mov eax, 0xb109
  mov edi, 0x0a
  xor ecx, ecx
  call pci
  movzx eax, cx
  call put
  mov eax, 0xb10c         # a register that takes only zeros
  mov edi, 0x2c
  xor ecx, ecx
  call pci
  mov eax, 0xb109
  mov edi, 0x0b
  call pci
  # APM: the version of the driver, power, no event, disconnect.
  mov eax, [apm_offset]
  mov [far_apm], eax
  mov eax, 0x530e
  xor ebx, ebx
  mov ecx, 0x0102
  call apm
  mov eax, 0x530a
  mov ebx, 1
  call apm
  mov eax, ecx
  and eax, 0xffff
  call put
  mov eax, 0x530b
  xor ebx, ebx
  call apm
  mov eax, 0x5304
  xor ebx, ebx
  call apm
  mov al, 0
  out 0xf4, al
stop:
  hlt
  jmp stop

# Puts AH with the carry flag, and BX.
pci:
  push 8                  # CS, as a far call has it
  call dword ptr [far_pci]
  jmp told
apm:
  call fword ptr [far_apm]
told:
  push ebx
  push eax
  setc al
  movzx eax, ax
  call put
  pop eax
  movzx eax, bx
  call put
  pop ebx
  ret

# EAX, bytewise, low first.
put:
  push ecx
  mov ecx, 4
1:
  out 0xe9, al
  shr eax, 8
  loop 1b
  pop ecx
  ret

# ESI: where the four bytes of EAX are at a multiple of 16 from E0000h on.
find:
  mov esi, 0xe0000
1:
  cmp [esi], eax
  je 2f
  add esi, 16
  cmp esi, 0x100000
  jb 1b
  xor esi, esi
2:
  ret

# Puts the sum of ECX bytes at ESI, which is 0.
sum:
  push esi
  xor eax, eax
1:
  add al, [esi]
  inc esi
  loop 1b
  pop esi
  jmp put

  .balign 8
gdt:
  .quad 0
  .quad 0x00cf9a000000ffff
  .quad 0x00cf92000000ffff
apm32:
  .quad 0x00409a000000ffff
apm16:
  .quad 0x00009a000000ffff
apm_data:
  .quad 0x000092000000ffff
gdt_pointer:
  .word gdt_pointer - gdt - 1
  .long gdt
apm_offset: .long 0
far_directory:
  .long 0
  .word 0x08
far_pci: .long 0
far_apm:
  .long 0
  .word 0x18
  .org 2048
