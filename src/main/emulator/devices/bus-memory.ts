/** Memory as chips reach it by themselves: physical addresses, past the A20 gate. What is not there reads as ones and swallows writes. */
export interface BusMemory {
  read(physical: number, bytes: number): Uint8Array
  write(physical: number, bytes: Uint8Array): void
}
