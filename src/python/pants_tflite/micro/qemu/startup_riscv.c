// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).
//
// Starts a program on a 32-bit RISC-V in QEMU: stack, trap vector, memory, main. QEMU has put code and
// data where they belong. Output and exit go through semihosting; picolibc gets its streams here, and C++
// what it takes of its library, which is not linked.

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

typedef void (*Function)(void);

extern char __thread_start;
extern uint32_t __bss_start__;
extern uint32_t __bss_end__;
extern const Function __init_array_start;
extern const Function __init_array_end;

extern int main(void);

enum { kOpen = 0x01, kWrite = 0x05, kExitExtended = 0x20 };
static const uint32_t kApplicationExit = 0x20026;

// The three instructions by which an emulator knows a call, none of them compressed or on another page.
static uintptr_t call_host(uintptr_t operation, const void* argument) {
  register uintptr_t a0 __asm__("a0") = operation;
  register const void* a1 __asm__("a1") = argument;
  __asm__ volatile(
      ".option push\n"
      ".option norvc\n"
      ".balign 16\n"
      "slli zero, zero, 0x1f\n"
      "ebreak\n"
      "srai zero, zero, 7\n"
      ".option pop"
      : "+r"(a0)
      : "r"(a1)
      : "memory");
  return a0;
}

__attribute__((noreturn)) void _exit(int code) {
  const uint32_t block[2] = {kApplicationExit, (uint32_t)code};
  call_host(kExitExtended, block);
  for (;;) {
  }
}

// The emulator's own console, by the name and the modes that semihosting gives its two outputs.
static const char kConsole[] = ":tt";
enum { kOutput = 4, kErrors = 8 };

static uintptr_t open_console(uint32_t mode) {
  const uintptr_t block[3] = {(uintptr_t)kConsole, mode, sizeof kConsole - 1};
  return call_host(kOpen, block);
}

static uintptr_t output_handle, errors_handle;

static int put(char character, uintptr_t handle) {
  const uintptr_t block[3] = {handle, (uintptr_t)&character, 1};
  return call_host(kWrite, block) == 0 ? (unsigned char)character : EOF;
}

static int put_output(char character, FILE* stream) {
  (void)stream;
  return put(character, output_handle);
}

static int put_error(char character, FILE* stream) {
  (void)stream;
  return put(character, errors_handle);
}

static FILE output = FDEV_SETUP_STREAM(put_output, NULL, NULL, _FDEV_SETUP_WRITE);
static FILE errors = FDEV_SETUP_STREAM(put_error, NULL, NULL, _FDEV_SETUP_WRITE);
FILE* const stdout = &output;
FILE* const stderr = &errors;

// What picolibc's raise, and with it abort, calls. There is one process, and a signal ends it.
int getpid(void) { return 1; }
int kill(int process, int signal) {
  (void)process;
  _exit(128 + signal);
}

// By the names that compilers give to operator new and delete, and what a pure virtual function calls.
#define OF_CXX __attribute__((weak))
OF_CXX void* _Znwj(unsigned size) {
  void* memory = malloc(size);
  if (memory == NULL) abort();
  return memory;
}
OF_CXX void* _Znaj(unsigned size) { return _Znwj(size); }
OF_CXX void _ZdlPv(void* memory) { free(memory); }
OF_CXX void _ZdaPv(void* memory) { free(memory); }
OF_CXX void _ZdlPvj(void* memory, unsigned size) {
  (void)size;
  free(memory);
}
OF_CXX void _ZdaPvj(void* memory, unsigned size) {
  (void)size;
  free(memory);
}
OF_CXX void __cxa_pure_virtual(void) { abort(); }

// A trap must end the program, not hang it.
__attribute__((noreturn, used, aligned(4))) static void trap(void) { _exit(70); }

__attribute__((noreturn, used)) static void run(void) {
  for (uint32_t* word = &__bss_start__; word < &__bss_end__; ++word) *word = 0;
  output_handle = open_console(kOutput);
  errors_handle = open_console(kErrors);
  for (const Function* function = &__init_array_start; function < &__init_array_end; ++function) {
    (*function)();
  }
  exit(main());
}

__attribute__((naked, noreturn, section(".text.start"))) void _start(void) {
  __asm__ volatile(
      ".option push\n"
      ".option norelax\n"
      "la gp, __global_pointer$\n"
      ".option pop\n"
      "la sp, __stack_top\n"
      "la tp, __thread_start\n"
      ".option push\n"
      ".option arch, +zicsr\n"
      "la t0, trap\n"
      "csrw mtvec, t0\n"
      ".option pop\n"
      "j run");
}
