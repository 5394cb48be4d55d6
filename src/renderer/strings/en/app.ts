/** The window's frame: bars, banner, notifications, what dialogs have in common. */
import { plural } from './format'

export const app = {
  product: 'Bootlab',
  tagline: 'Write a kernel. Press F5. Watch it boot.',

  toolbar: {
    label: 'Lab',
    projects: 'Projects',
    projectsHint: 'New project, or open another',
    build: 'Build',
    cancelBuild: 'Cancel',
    boot: 'Boot',
    stop: 'Stop',
    reset: 'Reset',
    bootAgain: 'Boot again',
    usb: 'Write to USB…',
    usbOffHint: 'Writing to drives is off in the browser. Press to read how to switch it on.',
    palette: 'Commands',
    /** A button's hint: what it does, and its keys. */
    hint: (title: string, keys: string) => `${title} (${keys})`,
  },

  status: {
    label: 'Status',
    off: 'Machine off',
    starting: 'Switching on…',
    building: 'Building…',
    running: 'Running',
    halted: 'Waiting for an interrupt',
    ended: 'Ended',
    mode: { real: 'real mode', protected: 'protected mode', long: 'long mode' },
    instructions: (count: string) => `${count} instructions`,
    speed: (count: string) => `${count} instructions/s`,
    speedHint: 'How fast the machine runs, over the last moments',
    position: (line: number, column: number) => `Ln ${line}, Col ${column}`,
    toolchain: 'Toolchain',
    toolchainHint: 'What is installed, what is missing, what to do',
    target: (name: string) => `Target: ${name}`,
    targetHint: 'Open the target specification',
    firmware: 'BIOS',
    firmwareHint: "The machine's firmware: a BIOS in the lab's own PC. The image also boots by UEFI, elsewhere.",
    problems: (errors: number, warnings: number) => `${plural(errors, 'error', 'errors')}, ${plural(warnings, 'warning', 'warnings')}: show the problems`,
  },

  connection: {
    connecting: 'Connecting to the lab…',
    lost: 'The connection to the lab was lost. Trying to reconnect…',
    lostLong: 'The lab does not answer. If it was closed, start it again and open the address it prints. Your text is kept.',
    retry: 'Try now',
    restored: 'Connected again',
    cannotConnect: 'The lab could not be reached.',
  },

  notifications: {
    label: 'Notifications',
    dismiss: 'Dismiss',
    where: 'Where',
    why: 'Why it matters',
    next: 'What to do',
    centre: 'Notification centre',
    open: (count: number) => (count === 0 ? 'No notifications' : `Show ${plural(count, 'notification', 'notifications')}`),
    empty: 'Nothing to report.',
    clear: 'Clear all',
  },

  dialog: { cancel: 'Cancel', close: 'Close' },
}
