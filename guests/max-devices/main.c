// 63 disks, as many devices as a manifest can declare: ../many looks at every one.
#include "../many/main.c"
