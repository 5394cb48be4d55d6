import { setPriority, constants } from 'node:os'

/**
 * Lets a machine that runs as fast as it can go behind the window that shows it: on a computer whose processors are all busy, a letter that is
 * typed does not wait for the machine. Only on Linux, where 0 names the calling thread (setpriority(2), "C library/kernel differences");
 * elsewhere it would be the whole process.
 */
export function yieldToWindow(): void {
  if (process.platform === 'linux') setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL)
}
