#include "guest.h"

bool manifest_is_sound(const struct manifest *manifest)
{
    if (manifest->version != MANIFEST_VERSION || manifest->entries < 1 || manifest->entries > MANIFEST_MAX_ENTRIES)
        return false;
    if (manifest->e[0].type != DEVICE_RESERVED || manifest->e[0].name[0] != 0 || manifest->e[0].attached)
        return false;
    for (unsigned i = 1; i < manifest->entries; i++) {
        const struct manifest_entry *entry = &manifest->e[i];
        bool known = entry->type == DEVICE_BLOCK || entry->type == DEVICE_NET;
        if (!known || entry->name[MANIFEST_NAME_SIZE - 1] != 0 || !entry->attached)
            return false;
    }
    return true;
}

unsigned manifest_find(const struct manifest *manifest, const char *name, uint32_t type)
{
    for (unsigned i = 1; i < manifest->entries; i++) {
        if (manifest->e[i].type == type && same_text(manifest->e[i].name, name))
            return i;
    }
    return 0;
}
