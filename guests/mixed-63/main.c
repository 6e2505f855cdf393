// 32 networks and 31 disks, by turns: a ready set in which every other bit counts, up to the highest. ../many looks at every one.
#include "../many/main.c"
