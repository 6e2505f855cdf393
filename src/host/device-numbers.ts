// Major and minor numbers, as the kernel packs them into st_dev and st_rdev. Source: gnu_dev_major(3), sys/sysmacros.h.

/** Both as they stand in /sys/dev, /proc/locks and `ls -l`. */
export function deviceNumbers(packed: bigint): readonly [major: bigint, minor: bigint] {
  const major = ((packed >> 8n) & 0xfffn) | ((packed >> 32n) & ~0xfffn)
  const minor = (packed & 0xffn) | ((packed >> 12n) & 0xffffff00n)
  return [major, minor]
}
