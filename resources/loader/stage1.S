/*
 * Stage 1: sector 0 of the disk. Finds the drive it came from, loads stage 2 with INT 13h, jumps to it.
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
    movw $not_ours, %bp               /* the complaint, if nothing gets further */
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
    jc 1f
    cmpw $0xaa55, %bx
    jne 1f
    andw $1, %cx                      /* bit 0: AH = 42h */
    decw %cx                          /* 0 sectors a track: linear addresses */
    jz 2f
1:  popw %dx
    pushw %dx
    movb $8, %ah                      /* the drive's geometry: DH = last head, CL = sectors a track */
    int $0x13
    jc 3f                             /* no such drive */
    andw $0x3f, %cx
2:  movb %dh, %ch
    movw %cx, geometry
    clc
3:  popw %dx
    jc 9f

    movl MBR_STAGE2_LBA + STAGE1_ADDRESS, %esi
    movw MBR_STAGE2_SECTORS + STAGE1_ADDRESS, %di
    movw $STAGE2_ADDRESS >> 4, %cx
2:  movw %cx, %es
    movzbl geometry, %ebx
    xorl %eax, %eax
    incw %ax                          /* by geometry one sector: never across a track */
    testw %bx, %bx
    jnz 3f
    movb $32, %al                     /* else 16 KiB: never across 64 KiB */
3:  cmpw %di, %ax
    jbe 3f
    movw %di, %ax
3:  movb $3, %cl                      /* attempts */
4:  pushal
    movw %sp, %bp
    testw %bx, %bx
    jnz 5f
    pushl %ebx                        /* disk address packet (Enhanced Disk Drive Specification, AH = 42h), last field first; EBX = 0 */
    pushl %esi
    pushw %es
    pushw %bx
    pushw %ax
    pushw $16
    movw %sp, %si
    movb $0x42, %ah
    jmp 6f
5:  pushw %dx
    xchgl %eax, %esi
    cltd
    divl %ebx                         /* EAX = track, EDX = sector from 0 */
    movw %dx, %cx
    incw %cx
    movb geometry + 1, %bl
    incw %bx
    cwtd
    divw %bx                          /* AX = cylinder, below 256 so near the start; DX = head */
    movb %al, %ch
    movb %dl, %al
    popw %dx
    movb %al, %dh
    xorw %bx, %bx
    movw $0x0201, %ax
6:  int $0x13
    movw %bp, %sp
    popal                             /* leaves the carry alone */
    jnc 5f
    pushaw
    movb $0, %ah                      /* reset the drive, try again */
    int $0x13
    popaw
    decb %cl
    jnz 4b
    movw $cannot_read, %si
    jmp 8f
5:  addl %eax, %esi
    imulw $SECTOR_BYTES >> 4, %ax, %bx
    movw %es, %cx
    addw %bx, %cx
    subw %ax, %di
    jnz 2b

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
    movb $0xf8, %dl
    outb %al, %dx
    jmp print

geometry:
    .word 0                           /* sectors a track, last head */
prefix:
    .asciz "Bootlab: "
not_ours:
    .asciz "loader damaged. Write the image again."
cannot_read:
    .asciz "disk error."

    .org MBR_STAGE2_LBA
    .long 0                           /* written by the image builder: stage 2's first sector, */
    .word 0                           /* how many there are, */
    .long 0                           /* image identity */
    .org MBR_DISK_SIGNATURE
    .long 0
    .word 0
    .org MBR_PARTITION_TABLE
    .skip 64
    .word 0xaa55
