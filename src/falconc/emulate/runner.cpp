// Runs one program in a process of its own: maps its buffers between pages nobody may touch, limits itself, calls the
// entry, and leaves everything in the shared control file (see sandbox.py, which writes and reads it).
//
// usage: runner FD LIBRARY
#include "runtime.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <initializer_list>
#include <new>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>
#if defined(__linux__) && defined(__x86_64__) && __has_include(<linux/seccomp.h>)
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#define FALCON_SECCOMP
#endif

namespace {

enum Status { UNFINISHED, OK, CRASHED, MEMORY, FAILED };

struct BufferSpec { falcon_i64 offset, pages, bytes, front; };  // in the file; front: bytes of the first page before the data

struct Control {
  falcon_u64 magic;
  int status, returned;
  double seconds;
  falcon_u32 grid[3], block[3], lane_width, schedule, mode, buffers, scalars, cpu_seconds;
  falcon_u64 seed;
  falcon_i64 shared_bytes, memory_bytes, file_bytes, processes, report_offset, report_capacity, size;
  char message[256];
};

constexpr falcon_u64 MAGIC = 0x46414c434f4e3031ULL;
constexpr falcon_i64 GUARD = 4 << 20, PAGE = 4096;
constexpr unsigned char CANARY = 0xff;  // NaN in every float format

Control *control;
const BufferSpec *specs;
void *data[4096];
int (*is_stack)(const void *);

void append_report(const char *line) {
  char *report = (char *)control + control->report_offset;
  size_t used = strnlen(report, control->report_capacity), n = strlen(line);
  if ((falcon_i64)(used + n + 2) > control->report_capacity) return;
  memcpy(report + used, line, n);
  memcpy(report + used + n, "\n", 2);
}

[[noreturn]] void end(Status status, const char *message) {
  control->status = status;
  strncpy(control->message, message, sizeof control->message - 1);
  _exit(1);
}

[[noreturn]] void out_of_memory() { end(MEMORY, "the program asked for more memory than it may have"); }

void overrun(falcon_u32 buffer, falcon_i64 at) {
  char text[128];
  snprintf(text, sizeof text, "overrun %u %lld", buffer, at);
  append_report(text);
}

bool beside_stack_pointer(const char *address, void *machine) {
#if defined(__x86_64__)
  falcon_i64 distance = address - (const char *)((ucontext_t *)machine)->uc_mcontext.gregs[REG_RSP];
  return distance > -(64 << 10) && distance < 64 << 10;
#else
  return address && !machine;
#endif
}

void on_signal(int number, siginfo_t *info, void *machine) {
  char text[160];
  const char *address = (const char *)info->si_addr;
  bool fault = number == SIGSEGV || number == SIGBUS;
  for (falcon_u32 k = 0; fault && k < control->buffers; ++k) {
    const char *low = (const char *)data[k], *high = low + specs[k].bytes;
    if (address < low - specs[k].front - GUARD || address >= high + GUARD + 64) continue;
    if (address >= low && address < high) continue;
    overrun(k, address - low);
    if (address < low) snprintf(text, sizeof text, "access %lld bytes before buffer %u", (long long)(low - address), k);
    else snprintf(text, sizeof text, "access %lld bytes past the end of buffer %u", (long long)(address - high), k);
    end(CRASHED, text);
  }
  if (fault && errno == ENOMEM && (uintptr_t)address < (64u << 20)) out_of_memory();
  if (fault && is_stack && is_stack(address)) end(CRASHED, "a thread used more stack than the emulator gives it");
  if (fault && beside_stack_pointer(address, machine)) end(CRASHED, "the program used more stack than it may (endless recursion?)");
  switch (number) {
    case SIGFPE: end(CRASHED, "integer division by zero or overflow");
    case SIGABRT: end(errno == ENOMEM ? MEMORY : CRASHED, "the program aborted");
    case SIGILL: end(CRASHED, "illegal instruction or unreachable code");
    case SIGXFSZ: end(CRASHED, "the program wrote a bigger file than it may");
    default: snprintf(text, sizeof text, "invalid memory access at address %p", (const void *)address); end(CRASHED, text);
  }
}

void catch_signals() {
  stack_t alternate = {};
  alternate.ss_size = 64 << 10;
  alternate.ss_sp = malloc(alternate.ss_size);
  sigaltstack(&alternate, nullptr);
  struct sigaction action = {};
  action.sa_sigaction = on_signal;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_NODEFER;
  for (int number : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGXFSZ}) sigaction(number, &action, nullptr);
}

void limit(int what, falcon_i64 most) {
  struct rlimit r;
  getrlimit((__rlimit_resource_t)what, &r);
  if (r.rlim_max != RLIM_INFINITY && (falcon_u64)most > r.rlim_max) most = (falcon_i64)r.rlim_max;
  r.rlim_cur = r.rlim_max = (rlim_t)most;
  setrlimit((__rlimit_resource_t)what, &r);
}

// No sockets, processes or signals to others. A kernel without seccomp leaves only the resource limits.
void refuse_system_calls() {
#ifdef FALCON_SECCOMP
  const int refused[] = {SYS_socket, SYS_socketpair, SYS_connect, SYS_bind, SYS_fork, SYS_vfork, SYS_clone, SYS_clone3, SYS_execve,
                         SYS_execveat, SYS_ptrace, SYS_kill, SYS_tkill, SYS_process_vm_writev, SYS_io_uring_setup, SYS_unlink,
                         SYS_unlinkat, SYS_rename, SYS_renameat, SYS_renameat2, SYS_rmdir, SYS_mount, SYS_chmod, SYS_chown,
                         SYS_truncate, SYS_setsid, SYS_setpgid};
  constexpr int n = sizeof refused / sizeof *refused;
  sock_filter code[n + 12];
  int k = 0;
  const unsigned short load = BPF_LD | BPF_W | BPF_ABS, equal = BPF_JMP | BPF_JEQ | BPF_K, give = BPF_RET | BPF_K;
  code[k++] = sock_filter{load, 0, 0, offsetof(seccomp_data, arch)};
  code[k++] = sock_filter{equal, 1, 0, 0xc000003e};  // AUDIT_ARCH_X86_64
  code[k++] = sock_filter{give, 0, 0, SECCOMP_RET_KILL_PROCESS};
  code[k++] = sock_filter{load, 0, 0, offsetof(seccomp_data, nr)};
  for (int i = 0; i < n; ++i) code[k++] = sock_filter{equal, (unsigned char)(n - i + 3), 0, (unsigned)refused[i]};
  code[k++] = sock_filter{equal, 0, 2, SYS_tgkill};  // abort() signals its own process
  code[k++] = sock_filter{load, 0, 0, offsetof(seccomp_data, args)};
  code[k++] = sock_filter{equal, 0, 1, (unsigned)getpid()};
  code[k++] = sock_filter{give, 0, 0, SECCOMP_RET_ALLOW};
  code[k++] = sock_filter{give, 0, 0, SECCOMP_RET_ERRNO | EPERM};
  sock_fprog program = {(unsigned short)k, code};
  if (!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)) prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program);
#endif
}

void map_buffers(int file) {
  for (falcon_u32 k = 0; k < control->buffers; ++k) {
    falcon_i64 bytes = specs[k].pages * PAGE;
    char *room = (char *)mmap(nullptr, bytes + 2 * GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (room == MAP_FAILED) out_of_memory();
    int share = MAP_SHARED | MAP_FIXED;
    if (bytes && mmap(room + GUARD, bytes, PROT_READ | PROT_WRITE, share, file, specs[k].offset) == MAP_FAILED) out_of_memory();
    data[k] = room + GUARD + specs[k].front;
    memset(room + GUARD, CANARY, specs[k].front);
    memset((char *)data[k] + specs[k].bytes, CANARY, bytes - specs[k].front - specs[k].bytes);
  }
}

// Writes into the slack that alignment leaves around a buffer hit no guard page: look for them afterwards.
bool slack_is_whole() {
  for (falcon_u32 k = 0; k < control->buffers; ++k) {
    const unsigned char *at = (const unsigned char *)data[k];
    falcon_i64 tail = specs[k].pages * PAGE - specs[k].front;
    for (falcon_i64 i = -specs[k].front; i < tail; ++i) {
      if (i == 0) i = specs[k].bytes;
      if (i >= tail || at[i] == CANARY) continue;
      overrun(k, i);
      return false;
    }
  }
  return true;
}

double now() {
  timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

}  // namespace

int main(int count, char **words) {
  if (count != 3) return 2;
  int file = atoi(words[1]);
  Control head;
  if (pread(file, &head, sizeof head, 0) != sizeof head || head.magic != MAGIC) return 2;
  control = (Control *)mmap(nullptr, head.size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  if (control == MAP_FAILED) return 2;
  specs = (const BufferSpec *)(control + 1);
  catch_signals();
  std::set_new_handler(out_of_memory);
  map_buffers(file);
  close(file);
  limit(RLIMIT_CORE, 0);
  limit(RLIMIT_CPU, control->cpu_seconds);
  limit(RLIMIT_FSIZE, control->file_bytes);
  limit(RLIMIT_NPROC, control->processes);
  limit(RLIMIT_AS, control->memory_bytes);
  refuse_system_calls();
  void *library = dlopen(words[2], RTLD_NOW | RTLD_LOCAL);
  if (!library) end(FAILED, dlerror());
  auto entry = (int (*)(falcon_job *))dlsym(library, "falcon_entry");
  auto run = (int (*)(falcon_job *, int (*)(falcon_job *)))dlsym(library, "falcon_run");
  is_stack = (int (*)(const void *))dlsym(library, "falcon_is_stack");
  if (!entry || !run) end(FAILED, "the library has no falcon_entry");
  falcon_i64 bytes[4096];
  for (falcon_u32 k = 0; k < control->buffers; ++k) bytes[k] = specs[k].bytes;
  falcon_job job = {};
  job.buffers = data, job.bytes = bytes;
  job.scalars = (const falcon_u64 *)(specs + control->buffers);
  memcpy(job.grid, control->grid, sizeof job.grid);
  memcpy(job.block, control->block, sizeof job.block);
  job.shared_bytes = control->shared_bytes, job.lane_width = control->lane_width;
  job.seed = control->seed, job.schedule = control->schedule, job.mode = control->mode;
  job.report = (char *)control + control->report_offset, job.report_capacity = control->report_capacity;
  errno = 0;
  double start = now();
  int returned = run(&job, entry);
  control->seconds = now() - start;
  control->returned = returned;
  if (!slack_is_whole()) end(CRASHED, "write outside a buffer");
  if (returned) end(FAILED, returned == -1 ? "the threads cannot go on" : "the program gave up");
  control->status = OK;
  _exit(0);  // destructors of the user's statics are no part of the kernel
}
