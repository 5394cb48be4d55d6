/*
 * Stage 1: sector 0 of the disk. Finds the drive it came from, loads stage 2 with INT 13h extensions, jumps to it.
 *
 * On entry (BIOS Boot Specification 1.01, appendix D): real mode, DL = drive, CS:IP = 0000:7C00. In practice CS:IP can
 * be 07C0:0000, so every jump before the last is relative; and DL can be wrong, so the drive is checked, not believed.
 */
    .code16
    .text
    .globl stage1
stage1:
    jmp start
    nop
    .org MBR_CODE_OFFSET              /* the area a BIOS may rewrite */
start:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $STAGE1_ADDRESS, %sp
    sti
    cld
    movw $no_extensions, %bp          /* the complaint, if nothing gets further */
    call try_drive                    /* the drive that DL names */
    movb $0x80, %dl                   /* then every hard disk */
1:  call try_drive
    incb %dl
    cmpb $0x88, %dl
    jb 1b
    movw $prefix, %si
    call print
    movw %bp, %si
    call print
stop:
    hlt                               /* interrupts are on, so the BIOS still sees Ctrl-Alt-Del */
    jmp stop

/* Boots from drive DL, or returns with BP = the complaint of the drive that got furthest. */
try_drive:
    pushw %dx
    movw $0x55aa, %bx
    movb $0x41, %ah                   /* are the extensions there? */
    int $0x13
    popw %dx
    jc 9f
    cmpw $0xaa55, %bx
    jne 9f
    testb $1, %cl                     /* bit 0: AH = 42h */
    jz 9f

    movw $STAGE2_ADDRESS >> 4, packet_segment
    movw $STAGE2_LBA, packet_lba
    movw MBR_STAGE2_SECTORS + STAGE1_ADDRESS, %di
2:  movw $32, %ax                     /* 16 KiB at a time: never across 64 KiB */
    cmpw %di, %ax
    jbe 3f
    movw %di, %ax
3:  movw %ax, packet_count
    movb $3, %cl                      /* attempts */
4:  pushaw
    movw $packet, %si
    movb $0x42, %ah
    int $0x13
    popaw                             /* leaves the carry alone */
    jnc 5f
    pushaw
    movb $0, %ah                      /* reset the drive, try again */
    int $0x13
    popaw
    decb %cl
    jnz 4b
    movw $cannot_read, %si
    jmp 8f
5:  addw $32, packet_lba
    addw $32 * SECTOR_BYTES / 16, packet_segment
    subw $32, %di
    ja 2b                             /* neither borrow nor zero: more to come */

    cmpl $STAGE2_MAGIC, STAGE2_ADDRESS
    jne 7f
    movl MBR_IMAGE_ID + STAGE1_ADDRESS, %eax
    cmpl %eax, STAGE2_ADDRESS + STAGE2_IMAGE_ID
    jne 7f
    ljmp $0, $STAGE2_ADDRESS + STAGE2_ENTRY
7:  movw $not_ours, %si
8:  cmpw %si, %bp                     /* the messages lie in the order of progress */
    jae 9f
    movw %si, %bp
9:  ret

/* Prints the text at SI on the screen, COM1 and port 0xE9. */
print:
    lodsb
    testb %al, %al
    jz 9b
    outb %al, $0xe9
    pushw %ax
    movb $0x0e, %ah
    movw $7, %bx
    int $0x10
    movw $0x3fd, %dx                  /* COM1 line status */
    xorw %cx, %cx
1:  inb %dx, %al
    testb $0x20, %al                  /* transmitter empty? */
    loopz 1b
    popw %ax
    movw $0x3f8, %dx
    outb %al, %dx
    jmp print

    /* Disk address packet (Enhanced Disk Drive Specification, INT 13h AH = 42h). */
packet:
    .byte 16, 0
packet_count:
    .word 0
    .word 0
packet_segment:
    .word 0
packet_lba:
    .long 0, 0

prefix:
    .asciz "Bootlab: "
no_extensions:
    .asciz "this BIOS has no LBA disk access (INT 13h 42h)."
not_ours:
    .asciz "the loader is damaged. Write the image again."
cannot_read:
    .asciz "disk error."

    .org MBR_STAGE2_SECTORS
    .word 0                           /* written by the image builder */
    .long 0                           /* image identity, too */
    .org MBR_DISK_SIGNATURE
    .long 0
    .word 0
    .org MBR_PARTITION_TABLE
    .skip 64
    .word 0xaa55
