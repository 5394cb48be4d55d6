/*
 * Reads what a Multiboot 2 loader tells (Multiboot2 Specification 2.0, section 3.6): a list of tags, each {type, size, content}, each
 * beginning at a multiple of 8, up to one of type 0.
 */
#include <stdint.h>

enum { MULTIBOOT2_LOADER = 0x36d76289 };
enum { TAG_END = 0, TAG_COMMAND_LINE = 1, TAG_LOADER_NAME = 2, TAG_MEMORY = 4, TAG_MEMORY_MAP = 6 };
enum { COLUMNS = 80, ROWS = 25, COLOUR = 0x1f };

struct tag {
    uint32_t type;
    uint32_t size;              /* bytes, these eight included, the padding after it not */
};

struct text_tag { struct tag tag; char text[]; };

struct region { uint64_t base, length; uint32_t type, reserved; };

struct memory_map_tag {
    struct tag tag;
    uint32_t entry_size, entry_version;
    struct region entries[];
};

static volatile uint16_t *const screen = (volatile uint16_t *)0xb8000;
static int cell;

static void put(char character)
{
    if (character == '\n')
        cell += COLUMNS - cell % COLUMNS;
    else
        screen[cell++] = (uint16_t)(COLOUR << 8 | (uint8_t)character);
    if (cell >= COLUMNS * ROWS)
        cell = 0;
}

static void print(const char *text)
{
    while (*text != '\0')
        put(*text++);
}

static void print_hex(uint64_t value, int digits)
{
    while (digits-- > 0)
        put("0123456789abcdef"[value >> 4 * digits & 15]);
}

static void show_memory(const struct memory_map_tag *map)
{
    uint64_t usable = 0;
    print("Memory map:\n");
    for (uint32_t at = sizeof *map; at + map->entry_size <= map->tag.size; at += map->entry_size) {
        const struct region *region = (const struct region *)((const char *)map + at);
        print("    0x");
        print_hex(region->base, 10);
        print(" to 0x");
        print_hex(region->base + region->length, 10);
        print(region->type == 1 ? "  usable\n" : "  reserved\n");
        if (region->type == 1)
            usable += region->length;
    }
    print("Usable: 0x");
    print_hex(usable >> 10, 6);
    print(" KiB\n");
}

void kernel_main(uint32_t magic, uint32_t information)
{
    for (int i = 0; i < COLUMNS * ROWS; i++)
        screen[i] = COLOUR << 8 | ' ';
    if (magic != MULTIBOOT2_LOADER) {
        print("This was no Multiboot 2 loader.");
        return;
    }

    /* The list begins with its own size and a reserved word. */
    uint32_t count = 0;
    for (uint32_t at = information + 8;;) {
        const struct tag *tag = (const struct tag *)at;
        if (tag->type == TAG_END)
            break;
        count++;
        if (tag->type == TAG_LOADER_NAME || tag->type == TAG_COMMAND_LINE) {
            print(tag->type == TAG_LOADER_NAME ? "Loader: " : "Command line: ");
            print(((const struct text_tag *)tag)->text);
            put('\n');
        }
        if (tag->type == TAG_MEMORY_MAP)
            show_memory((const struct memory_map_tag *)tag);
        at = (at + tag->size + 7) & ~7u;
    }
    print(count > 0 ? "All tags were read.\n" : "There was nothing to read.\n");
}
