// One of a crew, with a disk `store` that is a tar archive: says who it is, its words, and the first line of the first file in the archive.
#include "../crew/crew.h"
#include "heap.h"
#include "tar.h"

enum { LINE_SIZE = 120 };

static struct disk disk;
static struct tar tar;

// The line comes from anywhere: what is no letter of ASCII is shown as a question mark.
static size_t first_line(const struct tar_file *file, char line[LINE_SIZE])
{
    size_t length = file->size < LINE_SIZE ? (size_t)file->size : LINE_SIZE;
    check(tar_read(&disk, file, 0, (uint8_t *)line, length), "the disk is read");
    for (size_t i = 0; i < length; i++) {
        if (line[i] == '\n')
            return i;
        if (line[i] < ' ' || line[i] > '~')
            line[i] = '?';
    }
    return length;
}

static void read_store(void)
{
    char line[LINE_SIZE];
    tar_start(&tar, &disk, "store");
    while (tar_next(&tar)) {
        if (tar.kind != TAR_FILE)
            continue;
        struct tar_file file = tar_file_of(&tar);
        size_t length = first_line(&file, line);
        console_print("store: ");
        console_write(line, length);
        console_print("\n");
        return;
    }
    console_print("store has no files\n");
}

int guest_main(const struct boot_info *boot)
{
    devices_start(boot);
    heap_start(boot);
    disk_open(&disk, "store");
    if (!introduce("captain", boot->cmdline))
        return EXIT_USAGE;
    read_store();
    console_print("SUCCESS\n");
    return EXIT_OK;
}
