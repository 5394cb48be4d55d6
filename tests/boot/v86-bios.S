# Reads the first sector by INT 13h from virtual-8086 mode, into a page that lies elsewhere in memory, and writes to port E9h: the status, the signature at the
# linear address, and what is at the physical address of that number. One sector; ends with 0 at port F4h.
.intel_syntax noprefix
.code16
.globl _start
  .set DIRECTORY, 0x10000
  .set TABLE, 0x11000
  .set TSS, 0x20000
  .set TSS_BYTES, 104 + 8192
_start:
  xor ax, ax
  mov ds, ax
  mov ss, ax
  mov sp, 0x7c00
  mov ax, 0x2401          # A20
  int 0x15
  cli
  lgdt [gdt_pointer]
  mov eax, cr0
  or al, 1
  mov cr0, eax
  .att_syntax
  ljmp $0x08, $protected
  .intel_syntax noprefix

.code32
protected:
  mov eax, 0x10
  mov ds, eax
  mov es, eax
  mov ss, eax
  mov esp, 0x7c00
  mov dword ptr [DIRECTORY], TABLE + 7
  mov edi, TABLE          # identity, but for pages 30h and 40h
  mov eax, 7
1:
  stosd
  add eax, 0x1000
  cmp edi, TABLE + 0x1000
  jb 1b
  mov dword ptr [TABLE + 0x30 * 4], 0x200007
  mov dword ptr [TABLE + 0x40 * 4], 0x030007
  mov edi, TSS            # all ports are allowed
  mov ecx, TSS_BYTES / 4
  xor eax, eax
  rep stosd
  mov word ptr [TSS + 102], 104
  mov ax, 0x18
  ltr ax
  mov eax, DIRECTORY
  mov cr3, eax
  mov eax, cr0
  or eax, 0x80000000
  mov cr0, eax
  xor eax, eax
  push eax                # GS, FS, DS, ES, SS
  push eax
  push eax
  push eax
  push eax
  push 0x7000
  push 0x23002            # VM, IOPL 3
  push eax
  mov eax, offset virtual
  push eax
  iretd

.code16
virtual:
  mov ax, 0x3000
  mov es, ax
  xor bx, bx
  mov ax, 0x0201
  mov cx, 1
  mov dx, 0x80
  pushf                   # INT would need a monitor
  .att_syntax
  lcallw *0x4c
  .intel_syntax noprefix
  mov al, ah
  out 0xe9, al
  call signature
  mov ax, 0x4000
  mov es, ax
  call signature
  mov al, 0
  out 0xf4, al
signature:
  mov ax, es:[510]
  out 0xe9, al
  mov al, ah
  out 0xe9, al
  ret

  .balign 8
gdt:
  .quad 0
  .quad 0x00cf9a000000ffff
  .quad 0x00cf92000000ffff
  .quad 0x0000890200000000 + TSS_BYTES
gdt_pointer:
  .word gdt_pointer - gdt - 1
  .long gdt
  .org 510
  .word 0xaa55
