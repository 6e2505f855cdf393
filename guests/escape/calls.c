// Calls by name, with arguments that mean something. None would do harm if it were made after all: that it comes back is enough to fail.
#include "attempts.h"

enum { RDWR = 2, CREATE = 0100, AT_FDCWD = -100, READ_WRITE_EXECUTE = 7, PRIVATE_ANONYMOUS = 0x22, FIXED = 0x10 };

static const char path[] = "/etc/passwd", nowhere[] = "/nonexistent/slipway", shell[] = "/bin/sh", self_memory[] = "/proc/self/mem";
static const char *arguments[] = {shell, NULL};
static uint64_t vector[2] = {(uint64_t)buffer, 16}; // a struct iovec
static uint64_t message[7];                         // a struct msghdr, empty
static uint64_t clone_wish[11] = {[4] = 17};        // a struct clone_args: SIGCHLD at the end
static struct { // a struct sock_fprog of one instruction: allow everything
    uint16_t length;
    void *filter;
} allow_all = {1, (uint64_t[]){0x7fff000000000006ul}};

#define P(object) ((uint64_t)(object))
#define NET ((uint64_t)network.fd)
#define DISK ((uint64_t)disk.fd)

static void attempt_files(void)
{
    attempt("open", KILLED, CALL(2, P(path), RDWR));
    attempt("open-self-memory", KILLED, CALL(2, P(self_memory), RDWR));
    attempt("creat", KILLED, CALL(85, P(nowhere), 0600));
    attempt("openat", KILLED, CALL(257, AT_FDCWD, P(nowhere), RDWR | CREATE, 0600));
    attempt("openat2", KILLED, CALL(437, AT_FDCWD, P(path), P(vector), 24));
    attempt("open_by_handle_at", KILLED, CALL(304, AT_FDCWD, P(buffer), RDWR));
    attempt("stat", KILLED, CALL(4, P(path), P(buffer)));
    attempt("getcwd", KILLED, CALL(79, P(buffer), 4096));
    attempt("chdir", KILLED, CALL(80, P(nowhere)));
    attempt("chroot", KILLED, CALL(161, P(nowhere)));
    attempt("unlink", KILLED, CALL(87, P(nowhere)));
    attempt("memfd_create", KILLED, CALL(319, P(path), 0));
    attempt("mount", KILLED, CALL(165, P(nowhere), P(nowhere), 0, 4096));
    attempt("ftruncate-stdout", KILLED, CALL(77, 1, -1));
    attempt("fsync-stdout", KILLED, CALL(74, 1));
    attempt("lseek-stdout", KILLED, CALL(8, 1, 0, 1));
    attempt("inotify_init", KILLED, CALL(253, 0));
    attempt("fanotify_init", KILLED, CALL(300, 0, 0));
}

static void attempt_descriptor_calls(void)
{
    attempt("dup", KILLED, CALL(32, 1));
    attempt("dup2", KILLED, CALL(33, 1, 7));
    attempt("dup3", KILLED, CALL(292, 1, 7, 0));
    attempt("fcntl-dup", KILLED, CALL(72, 1, 0, 10));
    attempt("fcntl-flags", KILLED, CALL(72, 1, 3, 0));
    attempt("ioctl-terminal", KILLED, CALL(16, 1, 0x5401, P(buffer)));
    attempt("ioctl-push-input", KILLED, CALL(16, 1, 0x5412, 0)); // TIOCSTI: types for the operator
    attempt("close", KILLED, CALL(3, 1));
    attempt("close_range", KILLED, CALL(436, 0, 1000, 0));
    attempt("pipe", KILLED, CALL(22, P(buffer)));
    attempt("readv-stdin", KILLED, CALL(19, 0, P(vector), 1));
    attempt("writev-stdout", KILLED, CALL(20, 1, P(vector), 1));
    attempt("writev-stderr", KILLED, CALL(20, 2, P(vector), 1));
    attempt("sendfile", KILLED, CALL(40, 1, 0, 0, 4096));
    attempt("splice", KILLED, CALL(275, 0, 0, 1, 0, 4096, 0));
    attempt("tee", KILLED, CALL(276, 0, 1, 4096, 0));
    attempt("vmsplice", KILLED, CALL(278, 1, P(vector), 1, 0));
    attempt("copy_file_range", KILLED, CALL(326, 0, 0, 1, 0, 4096, 0));
    attempt("poll", KILLED, CALL(7, P(buffer), 1, 0));
    attempt("select", KILLED, CALL(23, 1, P(buffer), 0, 0, P(buffer)));
    attempt("pidfd_open", KILLED, CALL(434, 1, 0));
    attempt("pidfd_getfd", KILLED, CALL(438, 3, 0, 0));
}

static void attempt_sockets(void)
{
    attempt("socket", KILLED, CALL(41, 2, 1, 0));
    attempt("socket-packet", KILLED, CALL(41, 17, 3, 0x300));
    attempt("socketpair", KILLED, CALL(53, 1, 1, 0, P(buffer)));
    attempt("connect", KILLED, CALL(42, 1, P(buffer), 16));
    if (network.fd < 0)
        return;
    attempt("net-sendto", KILLED, CALL(44, NET, P(buffer), 60));
    attempt("net-recvfrom", KILLED, CALL(45, NET, P(buffer), 60, 0x40));
    attempt("net-sendmsg", KILLED, CALL(46, NET, P(message), 0)); // descriptors could travel with it
    attempt("net-recvmsg", KILLED, CALL(47, NET, P(message), 0x40));
    attempt("net-recvmmsg", KILLED, CALL(299, NET, P(message), 1, 0x40, 0));
    attempt("net-shutdown", KILLED, CALL(48, NET, 2));
    attempt("net-setsockopt", KILLED, CALL(54, NET, 1, 2, P(buffer), 4));
    attempt("net-getsockname", KILLED, CALL(51, NET, P(buffer), P(vector)));
    attempt("net-getpeername", KILLED, CALL(52, NET, P(buffer), P(vector)));
    attempt("net-ioctl-tunsetiff", KILLED, CALL(16, NET, 0x400454ca, P(buffer))); // another interface of the host
    attempt("net-ioctl-tungetiff", KILLED, CALL(16, NET, 0x800454d2, P(buffer)));
    attempt("net-fcntl", KILLED, CALL(72, NET, 3, 0));
    attempt("net-readv", KILLED, CALL(19, NET, P(vector), 1));
    attempt("net-writev", KILLED, CALL(20, NET, P(vector), 1));
    attempt("net-close", KILLED, CALL(3, NET));
    attempt("net-dup", KILLED, CALL(32, NET));
}

static void attempt_disk_calls(void)
{
    if (disk.fd < 0)
        return;
    attempt("disk-read", KILLED, CALL(0, DISK, P(buffer), disk.block_size));
    attempt("disk-write", KILLED, CALL(1, DISK, P(buffer), disk.block_size));
    attempt("disk-preadv", KILLED, CALL(295, DISK, P(vector), 1, 0));
    attempt("disk-pwritev", KILLED, CALL(296, DISK, P(vector), 1, 0));
    attempt("disk-preadv2", KILLED, CALL(327, DISK, P(vector), 1, 0));
    attempt("disk-pwritev2", KILLED, CALL(328, DISK, P(vector), 1, 0));
    attempt("disk-lseek", KILLED, CALL(8, DISK, 0, 2));
    attempt("disk-fstat", KILLED, CALL(5, DISK, P(buffer)));
    attempt("disk-ftruncate", KILLED, CALL(77, DISK, -1));
    attempt("disk-fallocate", KILLED, CALL(285, DISK, 0, 0, 0));
    attempt("disk-fsync", KILLED, CALL(74, DISK));
    attempt("disk-flock", KILLED, CALL(73, DISK, 8)); // gives up the operator's lock
    attempt("disk-fcntl-lock", KILLED, CALL(72, DISK, 37, P(buffer)));
    attempt("disk-ioctl-reread", KILLED, CALL(16, DISK, 0x125f, 0));
    attempt("disk-ioctl-scsi", KILLED, CALL(16, DISK, 0x2285, P(buffer)));
    attempt("disk-mmap", KILLED, CALL(9, 0, 4096, 3, 1, DISK, 0));
    attempt("disk-sendfile", KILLED, CALL(40, 1, DISK, 0, 512));
    attempt("disk-close", KILLED, CALL(3, DISK));
    attempt("disk-execveat", KILLED, CALL(322, DISK, P(path + sizeof path - 1), P(arguments), 0, 0x1000));
}

static void attempt_memory_calls(void)
{
    uint64_t text = align_down(P(_stext), PAGE_SIZE), data = align_down(P(buffer), PAGE_SIZE);
    attempt("mmap-execute", KILLED, CALL(9, 0, 4096, READ_WRITE_EXECUTE, PRIVATE_ANONYMOUS, -1, 0));
    attempt("mmap-zero-page", KILLED, CALL(9, 0, 4096, 3, PRIVATE_ANONYMOUS | FIXED, -1, 0));
    attempt("mmap-launcher", KILLED, CALL(9, SETUP_ADDRESS, 0x10000, READ_WRITE_EXECUTE, PRIVATE_ANONYMOUS | FIXED, -1, 0));
    attempt("mprotect-text", KILLED, CALL(10, text, PAGE_SIZE, READ_WRITE_EXECUTE));
    attempt("mprotect-data", KILLED, CALL(10, data, PAGE_SIZE, READ_WRITE_EXECUTE));
    attempt("pkey_mprotect", KILLED, CALL(329, data, PAGE_SIZE, READ_WRITE_EXECUTE, -1));
    attempt("munmap", KILLED, CALL(11, data, PAGE_SIZE));
    attempt("mremap", KILLED, CALL(25, data, PAGE_SIZE, PAGE_SIZE, 3, SETUP_ADDRESS));
    attempt("madvise", KILLED, CALL(28, data, PAGE_SIZE, 4));
    attempt("brk", KILLED, CALL(12, 0));
    attempt("mlock", KILLED, CALL(149, data, PAGE_SIZE));
    attempt("shmget", KILLED, CALL(29, 0, 4096, 01600));
    attempt("remap_file_pages", KILLED, CALL(216, data, PAGE_SIZE, 0, 0, 0));
    attempt("userfaultfd", KILLED, CALL(323, 1));
    attempt("process_vm_readv", KILLED, CALL(310, 1, P(vector), 1, P(vector), 1, 1));
    attempt("process_vm_writev", KILLED, CALL(311, 1, P(vector), 1, P(vector), 1, 1));
}

static void attempt_processes(void)
{
    attempt("fork", KILLED, CALL(57));
    attempt("vfork", KILLED, CALL(58));
    attempt("clone", KILLED, CALL(56, 0x10f00, 0)); // a thread, without the stack it would need
    attempt("clone3", KILLED, CALL(435, P(clone_wish), sizeof clone_wish));
    attempt("execve", KILLED, CALL(59, P(shell), P(arguments), 0));
    attempt("execveat", KILLED, CALL(322, AT_FDCWD, P(shell), P(arguments), 0, 0));
    attempt("exit", KILLED, CALL(60, 0));
    attempt("kill", KILLED, CALL(62, -1, 0));
    attempt("tgkill", KILLED, CALL(234, 1, 1, 0));
    attempt("rt_sigqueueinfo", KILLED, CALL(129, 1, 0, P(buffer)));
    attempt("ptrace-me", KILLED, CALL(101, 0));
    attempt("ptrace-attach", KILLED, CALL(101, 16, -1));
    attempt("rt_sigaction", KILLED, CALL(13, 31, P(buffer), 0, 8)); // catching SIGSYS
    attempt("rt_sigprocmask", KILLED, CALL(14, 0, P(vector), 0, 8));
    attempt("rt_sigreturn", KILLED, CALL(15));
    attempt("sigaltstack", KILLED, CALL(131, P(buffer), 0));
    attempt("restart_syscall", KILLED, CALL(219));
    attempt("setitimer", KILLED, CALL(38, 0, P(buffer), 0));
    attempt("setuid", KILLED, CALL(105, 0));
    attempt("capset", KILLED, CALL(126, P(buffer), P(buffer)));
    attempt("unshare", KILLED, CALL(272, 0x10000000));
    attempt("setns", KILLED, CALL(308, 0, 0));
    attempt("getpid", KILLED, CALL(39));
    attempt("uname", KILLED, CALL(63, P(buffer)));
    attempt("sysinfo", KILLED, CALL(99, P(buffer)));
    attempt("getrandom", KILLED, CALL(318, P(buffer), 16, 0));
    attempt("gettimeofday", KILLED, CALL(96, P(buffer), 0));
    attempt("nanosleep", KILLED, CALL(35, P(buffer), 0));
    attempt("sched_setaffinity", KILLED, CALL(203, 0, 8, P(vector)));
    attempt("prlimit64", KILLED, CALL(302, 0, 9, P(buffer), 0));
    attempt("futex", KILLED, CALL(202, P(buffer), 1, 1));
    attempt("set_tid_address", KILLED, CALL(218, P(buffer)));
    attempt("rseq", KILLED, CALL(334, P(buffer), 32, 0, 0));
}

static void attempt_kernel_doors(void)
{
    attempt("prctl-dumpable", KILLED, CALL(157, 4, 1));
    attempt("prctl-seccomp", KILLED, CALL(157, 22, 2, P(&allow_all)));
    attempt("prctl-seccomp-strict", KILLED, CALL(157, 22, 1));
    attempt("prctl-syscall-dispatch", KILLED, CALL(157, 59, 0));
    attempt("prctl-name", KILLED, CALL(157, 15, P(path)));
    attempt("prctl-tsc", KILLED, CALL(157, 26, 2));
    attempt("prctl-mm-map", KILLED, CALL(157, 35, 14, P(buffer), 104, 0));
    attempt("seccomp-filter", KILLED, CALL(317, 1, 0, P(&allow_all)));
    attempt("seccomp-listener", KILLED, CALL(317, 1, 8, P(&allow_all)));
    attempt("seccomp-actions", KILLED, CALL(317, 2, 0, P(buffer)));
    attempt("io_uring_setup", KILLED, CALL(425, 8, P(buffer)));
    attempt("io_uring_enter", KILLED, CALL(426, 0, 1, 0, 0, 0, 0));
    attempt("io_uring_register", KILLED, CALL(427, -1, 0, 0, 0));
    attempt("io_setup", KILLED, CALL(206, 8, P(buffer)));
    attempt("bpf", KILLED, CALL(321, 0, P(buffer), 72));
    attempt("perf_event_open", KILLED, CALL(298, P(buffer), 0, -1, -1, 0));
    attempt("keyctl", KILLED, CALL(250, 0, -3));
    attempt("modify_ldt", KILLED, CALL(154, 1, P(buffer), 16));
    attempt("iopl", KILLED, CALL(172, 3));
    attempt("ioperm", KILLED, CALL(173, 0x80, 1, 1));
    attempt("init_module", KILLED, CALL(175, P(buffer), 16, P(path)));
    attempt("reboot", KILLED, CALL(169, 0, 0, 0));
    attempt("syslog", KILLED, CALL(103, 3, P(buffer), 4096));
    attempt("landlock_create_ruleset", KILLED, CALL(444, 0, 0, 1));
    attempt("mseal", KILLED, CALL(462, SETUP_ADDRESS, PAGE_SIZE, 0));
    attempt("map_shadow_stack", KILLED, CALL(453, 0, PAGE_SIZE, 0));
}

void attempt_calls(void)
{
    attempt_files();
    attempt_descriptor_calls();
    attempt_sockets();
    attempt_disk_calls();
    attempt_memory_calls();
    attempt_processes();
    attempt_kernel_doors();
}
