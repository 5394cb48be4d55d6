/** Every sentence and label of the window. One catalogue, so that wording stays consistent and can be translated. */

import { usbStrings } from './strings-usb'

const plural = (count: number, one: string, many: string): string => `${count.toLocaleString('en')} ${count === 1 ? one : many}`

export const strings = {
  product: 'Bootlab',
  tagline: 'Write a kernel. Press F5. Watch it boot.',

  toolbar: {
    label: 'Lab',
    projects: 'Projects',
    projectsHint: 'New project, or open another',
    build: 'Build',
    buildHint: (modifier: string) => `Save all and build (${modifier}+B)`,
    cancelBuild: 'Cancel',
    cancelBuildHint: 'Stop the running build',
    boot: 'Boot',
    bootHint: 'Save all, build and boot (F5)',
    stop: 'Stop',
    stopHint: 'Switch the machine off (Shift+F5)',
    reset: 'Reset',
    resetHint: 'Press the reset button of the machine',
    bootAgainHint: 'Boot the last image again, without a build',
    usb: 'Write to USB…',
    usbHint: (modifier: string) => `Write the image to a stick, and read it back (${modifier}+Shift+D)`,
    usbOffHint: 'Writing to drives is off in the browser. Press to read how to switch it on.',
  },

  welcome: {
    templates: 'Start from a template',
    templatesHint: 'Each one is a complete kernel that boots. Change it from there, or follow a track from its first step.',
    recent: 'Recent projects',
    noRecent: 'Projects you open appear here.',
    openFolder: 'Open a folder…',
    back: 'Back to the editor',
    forget: (name: string) => `Remove ${name} from this list`,
    missing: 'folder not found',
    track: (language: string) => `${language}, step by step`,
    create: (step: number, title: string, language: string) => `Create a project from ${language}, step ${step}: ${title}`,
    opening: 'Opening…',
    noTemplates: 'No templates were found. The installation is incomplete: install Bootlab again.',
  },

  createDialog: {
    title: (template: string) => `New project: ${template}`,
    name: 'Name',
    directory: 'Folder',
    browse: 'Browse…',
    hint: 'The folder must be new or empty.',
    create: 'Create project',
    creating: 'Creating…',
  },

  openDialog: {
    title: 'Open a project',
    directory: 'Project folder',
    hint: 'As an absolute path. A folder without bootlab.json can be imported.',
    open: 'Open',
    pick: 'Choose a project folder',
    pickParent: 'Choose the folder for the new project',
  },

  importDialog: {
    title: (name: string) => `Import ${name}`,
    body: 'This folder has no bootlab.json yet. This is what it was taken for:',
    guesses: 'What was guessed, and why',
    file: (path: string) => `Will be written: ${path}`,
    import: 'Import',
    importing: 'Importing…',
  },

  editor: {
    tabs: 'Open files',
    files: 'Files',
    filesHint: 'Open a file of this project',
    close: (path: string) => `Close ${path}`,
    unsaved: 'unsaved',
    empty: 'No file is open.',
    emptyHint: 'Choose one from Files, at the right end of the tab bar.',
    loading: 'Loading the editor…',
    editorLabel: (path: string) => `Editor: ${path}`,
    entry: 'entry code',
    target: 'target specification',
    manifest: 'manifest',
    restored: (count: number) => `Restored unsaved text in ${plural(count, 'file', 'files')}`,
    restoredHint: 'Nothing was lost. Save with Ctrl+S, or build to save everything.',
  },

  closeDialog: {
    title: (path: string) => `Save ${path}?`,
    body: 'The file has changes that are not saved.',
    save: 'Save',
    discard: 'Discard changes',
  },

  conflictDialog: {
    title: (path: string) => `${path} changed on disk`,
    body: 'Another program saved this file after you opened it here. Both texts are intact until you choose.',
    overwrite: 'Keep mine, overwrite the file',
    reload: 'Take the file from disk',
  },

  build: {
    log: 'Build log',
    problems: 'Problems',
    empty: 'Nothing was built yet.',
    emptyHint: 'Press F5 to build and boot, or Ctrl+B to build only.',
    noProblems: 'No problems.',
    noProblemsHint: 'Errors of the compiler and of the checks while you type are listed here.',
    running: 'Building…',
    succeeded: (milliseconds: string) => `Built in ${milliseconds}`,
    failed: (milliseconds: string) => `Build failed after ${milliseconds}`,
    cancelled: 'Build cancelled',
    cached: 'from cache',
    steps: 'Duration of each step',
    goTo: (place: string) => `Go to ${place}`,
    copy: 'Copy log',
    severity: { error: 'Error', warning: 'Warning', info: 'Note' },
    next: 'Next:',
    note: 'Note:',
    live: 'while typing',
    errors: (count: number) => plural(count, 'error', 'errors'),
    warnings: (count: number) => plural(count, 'warning', 'warnings'),
  },

  machine: {
    screen: 'Screen',
    screenLabel: 'VGA screen of the machine. It takes the keyboard while it has the focus. Press left Ctrl and left Alt together to leave.',
    screenText: 'Text on the screen',
    graphics: (width: number, height: number) => `Graphics of ${width} × ${height} pixels`,
    empty: 'Press F5 to build and boot',
    emptyHint: 'The machine is off.',
    starting: 'Switching on…',
    clickToType: 'Click the screen to type',
    leave: 'Keyboard is in the machine',
    leaveKeys: 'Ctrl + Alt',
    leaveAfter: 'to leave',
    copyText: 'Copy text',
    copied: 'Copied',
    serial: 'Serial',
    debugPort: 'Port E9',
    report: 'Report',
    serialLabel: 'Serial port COM1: output of the kernel; what you type here is sent to it',
    debugLabel: 'Debug port 0xE9: output of the kernel',
    serialEmpty: 'No serial output yet.',
    serialEmptyHint: 'What the kernel writes to COM1 (0x3F8) appears here. Type here to answer it.',
    serialLost: (bytes: number) => `${bytes.toLocaleString('en-US')} bytes are left out here: the kernel sends faster than they can be shown.`,
    reportEmpty: 'No report yet.',
    reportEmptyHint: 'When the machine ends, this says why: a triple fault with its chain of exceptions, a halt, an exit code.',
    lower: 'Serial ports and report',
  },

  report: {
    reason: {
      stopped: 'Switched off',
      'debug-exit': 'The kernel ended the run',
      'triple-fault': 'Triple fault',
      'halted-forever': 'Halted for good',
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
    position: (line: number, column: number) => `Ln ${line}, Col ${column}`,
    toolchain: 'Toolchain',
    toolchainHint: 'What is installed, what is missing, what to do',
    problemsHint: 'Show the problems',
  },

  doctor: {
    title: 'Toolchain check',
    checking: 'Looking…',
    status: { ok: 'found', missing: 'missing', 'optional-missing': 'optional, missing', broken: 'broken' },
    next: 'To do:',
    again: 'Check again',
  },

  fixes: {
    fix: 'Fix…',
    fixHint: (title: string) => `Look at the change: ${title}`,
    all: 'Fix all',
    allHint: (count: number) => `${plural(count, 'problem', 'problems')} can be mended at once. Look at the changes first.`,
    allShort: (count: number) => `Fix all (${count})…`,
    allInFile: (count: number) => `Fix all ${count} problems of this file`,
    why: 'Why:',
    doctor: 'doctor',
    changesOf: (path: string) => `Changes in ${path}`,
    hint: 'The changes are made in the editor. Nothing is saved yet, and Ctrl+Z takes them back.',
    apply: 'Make the changes',
    stale: 'The text changed in the meantime',
    staleHint: 'The places of this fix are others by now. Look at the list again, or build again.',
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
    copied: 'Copied.',
  },

  usb: usbStrings,

  dialog: { cancel: 'Cancel', close: 'Close' },
} as const

/** Milliseconds for people: `7 ms`, `840 ms`, `2.4 s`. */
export function formatDuration(milliseconds: number): string {
  if (milliseconds < 1) return '<1 ms'
  if (milliseconds < 1000) return `${Math.round(milliseconds)} ms`
  return `${(milliseconds / 1000).toFixed(milliseconds < 10_000 ? 1 : 0)} s`
}

/** A count for people: `950`, `12.3 k`, `4.56 M`, `1.20 G`. */
export function formatCount(count: number): string {
  const units = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e3, 'k'],
  ] as const
  for (const [size, unit] of units) {
    if (count >= size) {
      const scaled = count / size
      return `${scaled.toFixed(scaled >= 100 ? 0 : scaled >= 10 ? 1 : 2)} ${unit}`
    }
  }
  return String(count)
}
