// Copyright 2026 the pants-tflite authors.
// Licensed under the Apache License, Version 2.0 (see LICENSE).
//
// Starts a program on a Cortex-M in QEMU: vector table, floating point unit, memory, main. QEMU has
// put code and data where they belong; output and exit go through semihosting (rdimon).

#include <stdint.h>
#include <stdlib.h>

typedef void (*Handler)(void);

extern uint32_t __stack_top;
extern uint32_t __bss_start__;
extern uint32_t __bss_end__;
extern const Handler __init_array_start;
extern const Handler __init_array_end;

extern int main(void);
extern void initialise_monitor_handles(void);

// Coprocessor access control: full access to CP10 and CP11, which are floating point and vectors.
#define CPACR (*(volatile uint32_t*)0xE000ED88u)
#define CPACR_FLOATING_POINT (0xFu << 20)

// In hard mode the compiler may use floating point registers anywhere but here.
__attribute__((noreturn, used)) static void run(void) {
  for (uint32_t* word = &__bss_start__; word < &__bss_end__; ++word) *word = 0;
  initialise_monitor_handles();
  for (const Handler* handler = &__init_array_start; handler < &__init_array_end; ++handler) {
    (*handler)();
  }
  exit(main());
}

__attribute__((noreturn)) void Reset_Handler(void) {
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  CPACR |= CPACR_FLOATING_POINT;
  __asm__ volatile("dsb\n\tisb" ::: "memory");
#endif
  run();
}

// A fault must end the program, not hang it.
__attribute__((noreturn)) static void Fault_Handler(void) { _Exit(70); }

// What newlib's exit calls; a program without startup files has none of its own.
void _init(void) {}
void _fini(void) {}

__attribute__((section(".vectors"), used)) static const Handler vectors[16] = {
    (Handler)&__stack_top,
    Reset_Handler,
    Fault_Handler,  // NMI
    Fault_Handler,  // HardFault
    Fault_Handler,  // MemManage
    Fault_Handler,  // BusFault
    Fault_Handler,  // UsageFault
    Fault_Handler,  // SecureFault
};
