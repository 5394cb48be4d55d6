/*
 * Stage 1 on a CD: the first KiB of the boot image that El Torito's boot catalogue names ("no emulation"); stage 2 follows it. A BIOS may load as
 * much of the image as it likes, but always the CD's first sector of it; the rest is read here.
 *
 * On entry (El Torito Bootable CD-ROM Format Specification 1.0, 3.0): real mode, DL = drive, CS:IP = 0000:7C00 or 07C0:0000.
 */
#define CD_SECTOR_BYTES 2048
#define AT_ONCE 15                    /* BOUNCE_SECTORS of 512 bytes */

    .code16
    .text
    .globl stage1_cd
stage1_cd:
    cli
    xorw %ax, %ax
    movw %ax, %ds
    movw %ax, %es
    movw %ax, %ss
    movw $STAGE1_ADDRESS, %sp
    sti
    cld
    ljmp $0, $1f
1:  movw $not_ours, %bp               /* the complaint, if nothing gets further */
    call try_drive                    /* the drive that DL names */
    movb $0x80, %dl                   /* then all that may be a CD */
1:  call try_drive
    incb %dl
    jnz 1b
    movw $prefix, %si
    call print
    movw %bp, %si
    call print
stop:
    hlt                               /* interrupts are on, so the BIOS still sees Ctrl-Alt-Del */
    jmp stop

/* Boots from drive DL, or returns with BP = the complaint of the drive that got furthest. */
try_drive:
    movl cd_image_lba, %edi           /* the image's first sector again: is this the drive it came from? */
    movw $1, %bx
    call read
    jc 9f
    movw $BOUNCE_ADDRESS >> 4, %ax
    movw %ax, %es
    movl %es:CD_IMAGE_ID, %eax
    cmpl %eax, cd_image_id
    jne 9f
    movw $cannot_read, %bp
    movw cd_image_sectors, %cx
    movw $(STAGE1_ADDRESS + CD_SECTOR_BYTES) >> 4, %ax
    movw %ax, destination
    decw %cx                          /* CX = sectors to come, EDI = before the next */
    jz 3f
    incl %edi
2:  movw $AT_ONCE, %bx
    cmpw %cx, %bx
    jbe 1f
    movw %cx, %bx
1:  call read
    jc 9f
    call copy
    movzwl %bx, %eax
    addl %eax, %edi
    subw %bx, %cx
    jnz 2b
3:  xorw %ax, %ax
    movw %ax, %es
    movw $not_ours, %bp
    movl cd_image_id, %eax
    cmpl %eax, STAGE2_ADDRESS + STAGE2_IMAGE_ID
    jne 9f
    movl $2, STAGE2_ADDRESS + STAGE2_SECTOR_SHIFT  /* 512 << 2 bytes */
    ljmp $0, $STAGE2_ADDRESS + STAGE2_ENTRY
9:  ret

/* Reads BX sectors from EDI on to the bounce buffer; carry when it cannot be done. */
read:
    movb $3, attempts
1:  pushal
    pushl $0                          /* disk address packet (Enhanced Disk Drive Specification, AH = 42h), last field first */
    pushl %edi
    pushw $BOUNCE_ADDRESS >> 4
    pushw $0
    pushw %bx
    pushw $16
    movw %sp, %si
    movb $0x42, %ah
    int $0x13
    leaw 16(%esp), %sp                /* leaves the carry alone */
    popal
    jnc 9b
    pushal
    movb $0, %ah                      /* reset the drive, try again */
    int $0x13
    popal
    decb attempts
    jnz 1b
    stc
    ret

/* Copies the BX sectors of the bounce buffer on to where they belong. */
copy:
    pushaw
    pushw %ds
    movw %bx, %dx
    movw $BOUNCE_ADDRESS >> 4, %ax
    movw destination, %bx
1:  movw %bx, %es
    movw %ax, %ds
    xorw %si, %si
    xorw %di, %di
    movw $CD_SECTOR_BYTES / 2, %cx
    rep movsw
    addw $CD_SECTOR_BYTES >> 4, %ax
    addw $CD_SECTOR_BYTES >> 4, %bx
    decw %dx
    jnz 1b
    popw %ds
    movw %bx, destination
    popaw
    ret

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

attempts:
    .byte 0
destination:
    .word 0                           /* segment */
prefix:
    .asciz "Bootlab: "
not_ours:
    .asciz "the loader on this CD is damaged. Write it again."
cannot_read:
    .asciz "the CD cannot be read. Clean it, or write it again."

    .org CD_IMAGE_LBA
cd_image_lba:
    .long 0                           /* written by the image builder: the boot image's first sector, of 2048 bytes, */
    .org CD_IMAGE_SECTORS
cd_image_sectors:
    .word 0                           /* how many there are, */
    .org CD_IMAGE_ID
cd_image_id:
    .long 0                           /* image identity */
    .org CD_STAGE1_BYTES
