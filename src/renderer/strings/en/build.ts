/** Build log, problems, their fixes, and the check of the toolchain. */
import { plural } from './format'

export const build = {
  build: {
    empty: 'Nothing was built yet.',
    emptyHint: (boot: string, buildOnly: string) => `Press ${boot} to build and boot, or ${buildOnly} to build only.`,
    noProblems: 'No problems.',
    noProblemsHint: 'Errors of the compiler and of the checks while you type are listed here.',
    running: 'Building…',
    succeeded: (duration: string) => `Built in ${duration}`,
    failed: (duration: string) => `Build failed after ${duration}`,
    cancelled: 'Build cancelled',
    cached: 'from cache',
    steps: 'Duration of each step',
    goTo: (place: string) => `Go to ${place}`,
    copy: 'Copy log',
    severity: { error: 'Error', warning: 'Warning', info: 'Note' },
    next: 'Next:',
    note: 'Note:',
    live: 'while typing',
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
    hint: 'The changes are made in the editor. Nothing is saved yet, and undo takes them back.',
    apply: 'Make the changes',
    stale: 'The text changed in the meantime',
    staleHint: 'The places of this fix are others by now. Look at the list again, or build again.',
  },
}
