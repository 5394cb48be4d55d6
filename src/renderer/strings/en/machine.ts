/** The machine: screen, serial ports, and the report of its end. */
import { plural } from './format'

const serial = (port: string, first: string) => ({ label: `Serial port ${port}: output of the kernel; what you type here is sent to it`, empty: 'No serial output yet.', hint: `What the kernel writes to ${port} (${first}) appears here. Type here to answer it.` })

export const machine = {
  machine: {
    screenLabel: (leave: string) => `VGA screen of the machine. It takes the keyboard while it has the focus. Press ${leave} to leave.`,
    screenText: 'Text on the screen',
    graphics: (width: number, height: number) => `Graphics of ${width} × ${height} pixels`,
    empty: (boot: string) => `Press ${boot} to build and boot`,
    emptyHint: 'The machine is off.',
    starting: 'Switching on…',
    clickToType: 'Click the screen to type',
    clickToTypeAndPoint: 'Click the screen to type and to use the mouse',
    leaveBoth: 'Keyboard and mouse are in the machine',
    leave: 'Keyboard is in the machine',
    leaveKeys: { 'ctrl-alt': 'left Ctrl + left Alt', 'right-ctrl': 'right Ctrl' },
    leaveAfter: 'to leave',
    leaveOrPoint: 'to leave, a click to use the mouse',
    copyText: 'Copy text',
    copied: 'Copied',
    outputPort: 'Port',
    portBytes: (port: string, bytes: number) => `${port}: ${plural(bytes, 'byte', 'bytes')}`,
    output: {
      com1: serial('COM1', '0x3F8'),
      com2: serial('COM2', '0x2F8'),
      com3: serial('COM3', '0x3E8'),
      com4: serial('COM4', '0x2E8'),
      lpt1: { label: 'Printer port LPT1: output of the kernel', empty: 'Nothing printed yet.', hint: 'Each byte that the kernel prints through LPT1 (0x378) appears here.' },
      debug: { label: 'Debug port 0xE9: output of the kernel', empty: 'No output on port 0xE9 yet.', hint: 'Each byte that the kernel writes to port 0xE9 appears here: the shortest way to say something.' },
    },
    serialLost: (bytes: number) => `${plural(bytes, 'byte is', 'bytes are')} left out here: the kernel sends faster than they can be shown.`,
    reportEmpty: 'No report yet.',
    reportEmptyHint: 'When the machine ends, this says why: a triple fault with its chain of exceptions, a halt, an exit code.',
  },

  report: {
    reason: {
      stopped: 'Switched off',
      'debug-exit': 'The kernel ended the run',
      'triple-fault': 'Triple fault',
      'halted-forever': 'Halted for good',
      'power-off': 'The kernel switched the PC off',
      'image-failed': 'The disk image failed',
      'emulator-error': 'The lab itself failed',
    },
    chain: 'What happened, in order',
    thenReset: 'No handler was left: the processor shuts down, and a real PC would reset here.',
    instruction: 'At the instruction',
    registers: 'Registers',
    segments: 'Segments',
    selector: 'selector',
    base: 'base',
    limit: 'limit',
    errorCode: 'error code',
    address: 'address',
    exitCode: (value: number, exit: number) => `Wrote ${value} to port 0xF4: exit code ${exit}.`,
    detail: 'Detail',
    show: 'Show report',
    instructions: (count: number) => `after ${plural(count, 'instruction', 'instructions')}`,
  },
}
