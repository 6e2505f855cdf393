// A hash table of everything in the archive, with the directories that are only named in paths.
#include "index.h"

#include "heap.h"
#include "wire.h"

enum { SLOTS_FIRST = 1024 };

static struct tar tar;
static struct node **slots;
static uint64_t slot_count, node_count;
static struct node root = {.kind = DIRECTORY_NODE, .path = ""};

static void *take(size_t size)
{
    void *taken = heap_take(size);
    if (taken == NULL) {
        say("ABORT: %s: the index takes more memory than there is, after %lu entries: give the guest more, as with --mem 1G\n", tar.name,
            node_count);
        guest_exit(EXIT_ABORTED);
    }
    return taken;
}

static const char *keep(const char *text, size_t length)
{
    char *kept = take(length + 1);
    memcpy(kept, text, length);
    return kept; // the heap is zeroed
}

// FNV-1a.
static uint64_t hash_of(const char *path, size_t length)
{
    uint64_t hash = 0xcbf29ce484222325u;
    for (size_t i = 0; i < length; i++)
        hash = (hash ^ (uint8_t)path[i]) * 0x100000001b3u;
    return hash;
}

static struct node **slot_of(uint64_t hash)
{
    return &slots[hash & (slot_count - 1)];
}

static struct node *look_up(const char *path, size_t length)
{
    if (length == 0)
        return &root;
    uint64_t hash = hash_of(path, length);
    for (struct node *node = *slot_of(hash); node != NULL; node = node->next) {
        if (node->hash == hash && node->length == length && same_bytes((const uint8_t *)node->path, (const uint8_t *)path, length))
            return node;
    }
    return NULL;
}

// The table that becomes too small stays where it is: all of them together are no larger than the last.
static void grow(void)
{
    struct node **old = slots;
    uint64_t old_count = slot_count;
    slot_count = old_count == 0 ? SLOTS_FIRST : 2 * old_count;
    slots = take(slot_count * sizeof *slots);
    for (uint64_t i = 0; i < old_count; i++) {
        for (struct node *node = old[i], *next; node != NULL; node = next) {
            next = node->next;
            node->next = *slot_of(node->hash);
            *slot_of(node->hash) = node;
        }
    }
}

static size_t parent_length(const char *path, size_t length)
{
    while (length > 0 && path[--length] != '/')
        continue;
    return length;
}

static struct node *insert(struct node *parent, const char *path, size_t length)
{
    if (node_count >= slot_count)
        grow();
    struct node *node = take(sizeof *node);
    node->hash = hash_of(path, length);
    node->length = (uint32_t)length;
    node->path = keep(path, length);
    node->next = *slot_of(node->hash);
    *slot_of(node->hash) = node;
    node->kind = OTHER_NODE;
    node_count++;
    parent->of.entries++;
    return node;
}

// From the root on, the directories of a path, which are made where the archive has not named them.
static struct node *open_directory(const char *path, size_t length)
{
    struct node *parent = &root;
    for (size_t end = 0; end < length;) {
        while (++end < length && path[end] != '/')
            continue;
        struct node *node = look_up(path, end);
        if (node == NULL) {
            node = insert(parent, path, end);
            node->kind = DIRECTORY_NODE;
        }
        if (node->kind != DIRECTORY_NODE)
            tar_refuse(&tar, "its path goes through something that is no directory");
        parent = node;
    }
    return parent;
}

// The node of that path, to be filled: a new one, or what an earlier entry has left there.
static struct node *put(const char *path, size_t length)
{
    struct node *node = look_up(path, length);
    if (node != NULL)
        return node;
    size_t above = parent_length(path, length);
    struct node *parent = look_up(path, above);
    bool is_there = parent != NULL && parent->kind == DIRECTORY_NODE;
    return insert(is_there ? parent : open_directory(path, above), path, length);
}

// Another name of what came before.
static void link_to(struct node *node)
{
    tar_clean_path(&tar, tar.link);
    const struct node *other = look_up(tar.link, strlen(tar.link));
    if (other == NULL || other == node || other->kind == DIRECTORY_NODE)
        tar_refuse(&tar, "a hard link to something that is no file so far");
    node->kind = other->kind;
    node->of = other->of;
}

static void add(void)
{
    tar_clean_path(&tar, tar.path);
    struct node *node = put(tar.path, strlen(tar.path));
    if (tar.kind == TAR_DIRECTORY) {
        if (node->kind != DIRECTORY_NODE)
            node->of.entries = 0;
        node->kind = DIRECTORY_NODE;
        return;
    }
    if (node == &root || (node->kind == DIRECTORY_NODE && node->of.entries > 0))
        tar_refuse(&tar, "it would replace a directory that is not empty");
    switch (tar.kind) {
    case TAR_FILE:
        node->kind = FILE_NODE;
        node->of.file = tar_file_of(&tar);
        break;
    case TAR_HARD_LINK:
        link_to(node);
        break;
    case TAR_SYMBOLIC_LINK:
        node->kind = LINK_NODE;
        node->of.target = keep(tar.link, strlen(tar.link));
        break;
    default:
        node->kind = OTHER_NODE;
        break;
    }
}

void index_build(struct disk *disk, const char *name)
{
    tar_start(&tar, disk, name);
    grow();
    while (tar_next(&tar))
        add();
}

struct index_counts index_counts(void)
{
    struct index_counts counts = {.directories = 1};
    for (uint64_t i = 0; i < slot_count; i++) {
        for (const struct node *node = slots[i]; node != NULL; node = node->next) {
            counts.files += node->kind == FILE_NODE;
            counts.bytes += node->kind == FILE_NODE ? node->of.file.size : 0;
            counts.directories += node->kind == DIRECTORY_NODE;
            counts.links += node->kind == LINK_NODE;
        }
    }
    return counts;
}

// A path on the way: what has been walked, without links, dots and slashes that say nothing, and what is still to be walked.
static struct {
    char walked[TAR_NAME_SIZE];
    size_t length;
    char rest[TAR_NAME_SIZE];
    char *next;
} way;

// Puts the target of a link in front of the rest. False where that is too long.
static bool follow(const char *target)
{
    static char longer[TAR_NAME_SIZE];
    size_t length = strlen(target), left = strlen(way.next);
    if (length + 1 + left >= TAR_NAME_SIZE)
        return false;
    memcpy(longer, target, length);
    longer[length] = '/';
    memcpy(longer + length + 1, way.next, left + 1);
    memcpy(way.rest, longer, length + 1 + left + 1);
    way.next = way.rest;
    way.length = *target == '/' ? 0 : parent_length(way.walked, way.length); // a link counts from the directory it is in
    return true;
}

// Walks on by a name. False where that makes a path too long.
static bool walk(const char *name, size_t length)
{
    if (length == 1 && name[0] == '.')
        return true;
    if (length == 2 && name[0] == '.' && name[1] == '.') {
        way.length = parent_length(way.walked, way.length);
        return true;
    }
    if (length + 1 > TAR_NAME_SIZE - way.length)
        return false;
    if (way.length > 0)
        way.walked[way.length++] = '/';
    memcpy(way.walked + way.length, name, length);
    way.length += length;
    return true;
}

const struct node *index_find(const char *path)
{
    const struct node *node = &root;
    unsigned links = 0;
    size_t whole = strlen(path);
    if (whole >= TAR_NAME_SIZE)
        return NULL;
    memcpy(way.rest, path, whole + 1);
    way.next = way.rest;
    way.length = 0;
    for (;;) {
        while (*way.next == '/')
            way.next++;
        if (*way.next == 0)
            return node->kind == OTHER_NODE ? NULL : node;
        const char *name = way.next;
        while (*way.next != 0 && *way.next != '/')
            way.next++;
        if (node->kind != DIRECTORY_NODE || !walk(name, (size_t)(way.next - name)))
            return NULL;
        node = look_up(way.walked, way.length);
        if (node == NULL)
            return NULL;
        if (node->kind != LINK_NODE)
            continue;
        if (++links > LINKS_MAX || !follow(node->of.target))
            return NULL;
        node = look_up(way.walked, way.length);
    }
}
