// What the reference's C library says about an error of the system. Pure.

const TEXTS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EBUSY: 'Device or resource busy',
  EINVAL: 'Invalid argument',
  EIO: 'Input/output error',
  EISDIR: 'Is a directory',
  ELOOP: 'Too many levels of symbolic links',
  EMFILE: 'Too many open files',
  ENAMETOOLONG: 'File name too long',
  ENETDOWN: 'Network is down',
  ENODEV: 'No such device',
  ENOENT: 'No such file or directory',
  ENOSPC: 'No space left on device',
  ENOTDIR: 'Not a directory',
  ENXIO: 'No such device or address',
  EPERM: 'Operation not permitted',
  EROFS: 'Read-only file system',
  ESPIPE: 'Illegal seek',
  ETXTBSY: 'Text file busy',
}

/** The text for an error's name; `otherwise` where it is none of those that are met here. */
export function strerror(name: string, otherwise: string = name): string {
  return TEXTS[name] ?? otherwise
}
